package io.saya.agent;

import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.lifecycle.Waited;
import io.saya.network.GuestNetwork;
import io.saya.network.netlink.Rtnetlink;
import io.saya.proto.agent.ARPNeighbors;
import io.saya.proto.agent.AddARPNeighborsRequest;
import io.saya.proto.agent.AgentClient;
import io.saya.proto.agent.Routes;
import io.saya.proto.agent.UpdateInterfaceRequest;
import io.saya.proto.agent.UpdateRoutesRequest;
import io.saya.proto.agent.types.ARPNeighbor;
import io.saya.proto.agent.types.IPAddress;
import io.saya.proto.agent.types.IPFamily;
import io.saya.proto.agent.types.Interface;
import io.saya.proto.agent.types.Route;
import io.saya.ttrpc.CallOptions;
import java.time.Duration;
import java.util.List;

/**
 * Tells the guest of its network, in the agent's protocol (agent-proto/api/agents.md#the-network).
 */
final class NetworkRequests {
    /** How often the agent is asked for a card that its driver in the guest has not found yet. */
    private static final int TRIES = 20;

    private static final Duration BETWEEN_TRIES = Duration.ofMillis(20);

    private final AgentClient service;
    private final Duration limit;

    NetworkRequests(AgentClient service, Duration limit) {
        this.service = service;
        this.limit = limit;
    }

    /** Interfaces first, since routes and neighbours name them. */
    void send(GuestNetwork network) {
        Failpoints.reach(Moment.NETWORK_INTERFACE);
        for (GuestNetwork.Interface card : network.interfaces()) {
            updateInterface(card);
        }
        Failpoints.reach(Moment.NETWORK_ROUTES);
        if (!network.routes().isEmpty()) {
            updateRoutes(network.routes());
        }
        Failpoints.reach(Moment.NETWORK_NEIGHBORS);
        if (!network.neighbors().isEmpty()) {
            addNeighbors(network.neighbors());
        }
    }

    /** Routes, also where there is none any more, and neighbours. */
    void sendRoutes(GuestNetwork network) {
        updateRoutes(network.routes());
        if (!network.neighbors().isEmpty()) {
            addNeighbors(network.neighbors());
        }
    }

    private void updateInterface(GuestNetwork.Interface card) {
        Interface.Builder wanted =
                Interface.newBuilder()
                        .setDevice(card.name())
                        .setName(card.name())
                        .setHwAddr(card.mac())
                        .setMtu(card.mtu())
                        .setType(card.kind())
                        .setDevicePath(card.devicePath())
                        .setRawFlags(card.noArp() ? Rtnetlink.IFF_NOARP : 0);
        for (GuestNetwork.Address address : card.addresses()) {
            wanted.addIPAddresses(
                    IPAddress.newBuilder()
                            .setFamily(family(address.v6()))
                            .setAddress(address.address())
                            .setMask(Integer.toString(address.prefixLength())));
        }
        UpdateInterfaceRequest request =
                UpdateInterfaceRequest.newBuilder().setInterface(wanted).build();
        for (int attempt = 1; ; attempt++) {
            try {
                AgentCall.run(
                        "UpdateInterface",
                        () ->
                                service.updateInterface(
                                        request,
                                        CallOptions.timeout(limit)
                                                .withAnswerBytes(KataConnector.LIST_BYTES)));
                return;
            } catch (RuntimeFailure e) {
                if (attempt >= TRIES || AgentCall.meaning(e) != AgentError.CARD_NOT_SEEN) {
                    throw e;
                }
                pause(e);
            }
        }
    }

    private void updateRoutes(List<GuestNetwork.Route> routes) {
        Routes.Builder wanted = Routes.newBuilder();
        for (GuestNetwork.Route route : routes) {
            wanted.addRoutes(
                    Route.newBuilder()
                            .setDest(route.destination())
                            .setGateway(route.hop().gateway())
                            .setDevice(route.hop().device())
                            .setSource(route.hop().source())
                            .setScope(route.hop().scope())
                            .setFamily(family(route.v6()))
                            .setFlags(route.flags())
                            .setMtu(route.metrics().mtu())
                            .setMetric(route.metrics().metric()));
        }
        UpdateRoutesRequest request = UpdateRoutesRequest.newBuilder().setRoutes(wanted).build();
        AgentCall.run(
                "UpdateRoutes",
                () ->
                        service.updateRoutes(
                                request,
                                CallOptions.timeout(limit)
                                        .withAnswerBytes(KataConnector.LIST_BYTES)));
    }

    private void addNeighbors(List<GuestNetwork.Neighbor> neighbors) {
        ARPNeighbors.Builder wanted = ARPNeighbors.newBuilder();
        for (GuestNetwork.Neighbor neighbor : neighbors) {
            wanted.addARPNeighbors(
                    ARPNeighbor.newBuilder()
                            .setToIPAddress(
                                    IPAddress.newBuilder()
                                            .setFamily(family(neighbor.v6()))
                                            .setAddress(neighbor.address()))
                            .setDevice(neighbor.device())
                            .setLladdr(neighbor.mac())
                            .setState(neighbor.state())
                            .setFlags(neighbor.flags()));
        }
        AddARPNeighborsRequest request =
                AddARPNeighborsRequest.newBuilder().setNeighbors(wanted).build();
        AgentCall.run(
                "AddARPNeighbors",
                () ->
                        service.addARPNeighbors(
                                request,
                                CallOptions.timeout(limit)
                                        .withAnswerBytes(KataConnector.LIST_BYTES)));
    }

    private static IPFamily family(boolean v6) {
        return v6 ? IPFamily.v6 : IPFamily.v4;
    }

    private static void pause(RuntimeFailure cause) {
        if (!Waited.pause(BETWEEN_TRIES)) {
            throw cause;
        }
    }
}
