package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.config.RuntimeSettings.InternetworkingModel;
import io.saya.host.Placement.TapKind;
import io.saya.hypervisor.VmDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JunctionsTest {
    private static NetworkSettings settings(InternetworkingModel model, int queues) {
        return new NetworkSettings(model, queues, false, 0, 0, true);
    }

    /** Each interface has an address. */
    private static List<Junction> junctions(NetworkSettings settings, Link... links)
            throws IOException {
        List<LinkAddress> addresses = new ArrayList<>();
        for (Link link : links) {
            addresses.add(Links.address(link, "10.0.0." + link.index(), 24));
        }
        return Junctions.of(Links.snapshot(List.of(links), addresses), settings);
    }

    private static Link bare(int index, String name, String kind, Link.Layer layer, int flags) {
        return new Link(
                index, name, new Link.Driver(kind, false), Link.Hardware.NONE, layer, flags, true);
    }

    private static Link device(String bus) {
        return new Link(
                2,
                "ens3",
                new Link.Driver("", false),
                new Link.Hardware(bus, "0000:00:03.0"),
                new Link.Layer(ARPHRD_ETHER, "02:00:00:00:00:02", 1500),
                1,
                true);
    }

    @Test
    void interfacesWithAnAddressAreJoinedInTheOrderOfTheirNames() throws Exception {
        Link lo = bare(1, "lo", "", new Link.Layer(772, "", 65536), IFF_LOOPBACK);
        Link idle = Links.of(5, "tunl0", "ipip");
        List<Link> links =
                List.of(lo, Links.of(4, "net1", "macvlan"), Links.of(2, "eth0", "veth"), idle);
        List<LinkAddress> addresses =
                List.of(
                        Links.address(lo, "127.0.0.1", 8),
                        Links.address(links.get(1), "10.0.0.4", 24),
                        Links.address(links.get(2), "10.0.0.2", 24));
        List<Junction> made =
                Junctions.of(
                        Links.snapshot(links, addresses),
                        settings(InternetworkingModel.TCFILTER, 1));
        assertThat(made)
                .extracting(Junction::card)
                .containsExactly(
                        new VmDevice.Network(
                                "0",
                                "veth0_saya",
                                TapKind.SINGLE_QUEUE,
                                "02:00:00:00:00:02",
                                1,
                                false),
                        new VmDevice.Network(
                                "1",
                                "veth1_saya",
                                TapKind.SINGLE_QUEUE,
                                "02:00:00:00:00:04",
                                1,
                                false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"veth", "macvlan", "ipvlan", "vlan", "tun"})
    void filtersJoinEveryKind(String kind) throws Exception {
        assertThat(junctions(settings(InternetworkingModel.TCFILTER, 4), Links.of(2, "eth0", kind)))
                .singleElement()
                .isInstanceOf(FilterJunction.class)
                .satisfies(
                        junction -> {
                            assertThat(junction.card().kind()).isEqualTo(TapKind.MULTI_QUEUE);
                            assertThat(junction.card().queues()).isEqualTo(4);
                        });
    }

    @Test
    void theModelMacvtapKeepsIpvlanByFilters() throws Exception {
        assertThat(
                        junctions(
                                settings(InternetworkingModel.MACVTAP, 1),
                                Links.of(2, "eth0", "veth"),
                                Links.of(3, "eth1", "ipvlan"),
                                Links.of(4, "eth2", "macvtap")))
                .hasExactlyElementsOfTypes(
                        MacvtapJunction.class, FilterJunction.class, DirectJunction.class);
    }

    @Test
    void theModelNoneTakesWhatTheVmmCanOpenItself() throws Exception {
        NetworkSettings none = settings(InternetworkingModel.NONE, 1);
        assertThat(junctions(none, Links.of(2, "eth0", "macvtap")))
                .singleElement()
                .extracting(junction -> junction.card().tap())
                .isEqualTo("eth0");
        assertThatThrownBy(() -> junctions(none, Links.of(2, "eth0", "veth")))
                .hasMessageContaining("interface eth0 of kind veth")
                .hasMessageContaining("internetworking_model = \"none\"");
    }

    @Test
    void whatIsNotSupportedIsRefusedByName() {
        NetworkSettings filters = settings(InternetworkingModel.TCFILTER, 1);
        assertThatThrownBy(() -> junctions(filters, Links.of(2, "br0", "bridge")))
                .hasMessageContaining("interface br0 of kind bridge: its kind is not supported")
                .hasMessageContaining("expected: veth");
        Link wireguard = bare(2, "wg0", "wireguard", new Link.Layer(65534, "", 1420), 1);
        assertThatThrownBy(() -> junctions(filters, wireguard))
                .hasMessageContaining("interface wg0 of kind wireguard: it carries no Ethernet");
        assertThatThrownBy(() -> junctions(filters, device("pci")))
                .hasMessageContaining("interface ens3 is the PCI device 0000:00:03.0")
                .hasMessageContaining("cold_plug_vfio = \"root-port\"");
    }

    @Test
    void aParavirtualCardIsJoinedLikeAnyOther() throws Exception {
        assertThat(junctions(settings(InternetworkingModel.TCFILTER, 1), device("virtio")))
                .hasExactlyElementsOfTypes(FilterJunction.class);
    }

    @Test
    void aLimitOfWhatAMacvtapTakesInIsRefused() {
        NetworkSettings limited =
                new NetworkSettings(InternetworkingModel.MACVTAP, 1, false, 1_000_000, 0, true);
        assertThatThrownBy(() -> junctions(limited, Links.of(2, "eth0", "veth")))
                .hasMessageContaining("rx_rate_limiter_max_rate: 1000000");
    }
}
