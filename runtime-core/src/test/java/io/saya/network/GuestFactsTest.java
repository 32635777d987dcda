package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.List;
import org.junit.jupiter.api.Test;

class GuestFactsTest {
    private static final int PROTOCOL_BOOT = 3;
    private static final Link ETH0 = Links.of(2, "eth0", "veth");
    private static final Link ETH1 = Links.of(3, "eth1", "macvlan");

    private static GuestNetwork facts(NamespaceSnapshot snapshot, boolean ipv6) {
        return GuestFacts.of(snapshot, List.of(ETH0), ipv6);
    }

    @Test
    void allAddressesOfBothFamiliesAreTold() {
        NamespaceSnapshot snapshot =
                Links.snapshot(
                        List.of(ETH0, ETH1),
                        List.of(
                                Links.address(ETH0, "10.0.0.2", 32),
                                Links.address(ETH1, "10.1.0.2", 24),
                                Links.address(ETH0, "10.0.0.3", 24),
                                Links.address(ETH0, "fd00:0:0:0:0:0:0:2", 64)));
        assertThat(facts(snapshot, true).interfaces())
                .containsExactly(
                        new GuestNetwork.Interface(
                                "eth0",
                                "02:00:00:00:00:02",
                                1500,
                                "veth",
                                false,
                                "",
                                List.of(
                                        new GuestNetwork.Address(false, "10.0.0.2", 32),
                                        new GuestNetwork.Address(false, "10.0.0.3", 24),
                                        new GuestNetwork.Address(true, "fd00:0:0:0:0:0:0:2", 64))));
    }

    @Test
    void aGuestWithoutIpv6HearsNothingOfIt() {
        NamespaceSnapshot snapshot =
                Links.snapshot(
                        List.of(ETH0),
                        List.of(
                                Links.address(ETH0, "10.0.0.2", 24),
                                Links.address(ETH0, "fd00:0:0:0:0:0:0:2", 64)),
                        List.of(Links.route(ETH0, "", "fd00:0:0:0:0:0:0:1", PROTOCOL_BOOT)),
                        List.of(Links.neighbor(ETH0, "fd00:0:0:0:0:0:0:1", NUD_PERMANENT)));
        GuestNetwork told = facts(snapshot, false);
        assertThat(told.interfaces().getFirst().addresses())
                .containsExactly(new GuestNetwork.Address(false, "10.0.0.2", 24));
        assertThat(told.routes()).isEmpty();
        assertThat(told.neighbors()).isEmpty();
    }

    @Test
    void routesKeepWhatTheyHaveAndComeInAnOrderInWhichTheyCanBeMade() {
        NamespaceSnapshot snapshot =
                Links.snapshot(
                        List.of(ETH0, ETH1),
                        List.of(),
                        List.of(
                                Links.route(
                                        ETH0,
                                        "",
                                        "169.254.1.1",
                                        "10.0.0.2",
                                        PROTOCOL_BOOT,
                                        1440,
                                        100),
                                Links.route(ETH0, "169.254.1.1/32", "", PROTOCOL_BOOT),
                                Links.route(ETH0, "10.0.0.0/24", "", RTPROT_KERNEL),
                                Links.route(ETH1, "10.1.0.0/24", "", PROTOCOL_BOOT)),
                        List.of());
        assertThat(facts(snapshot, true).routes())
                .containsExactly(
                        new GuestNetwork.Route(
                                false,
                                "169.254.1.1/32",
                                new GuestNetwork.Hop("", "eth0", "", 253),
                                RTNH_F_ONLINK,
                                new RouteMetrics(0, 0)),
                        new GuestNetwork.Route(
                                false,
                                "",
                                new GuestNetwork.Hop("169.254.1.1", "eth0", "10.0.0.2", 0),
                                RTNH_F_ONLINK,
                                new RouteMetrics(1440, 100)));
    }

    @Test
    void neighboursThatStayAndTheDefaultGatewaysAreTold() {
        NamespaceSnapshot snapshot =
                Links.snapshot(
                        List.of(ETH0),
                        List.of(),
                        List.of(Links.route(ETH0, "", "169.254.1.1", PROTOCOL_BOOT)),
                        List.of(
                                Links.neighbor(ETH0, "169.254.1.1", NUD_STALE),
                                Links.neighbor(ETH0, "10.0.0.9", NUD_REACHABLE),
                                Links.neighbor(ETH0, "10.0.0.7", NUD_PERMANENT)));
        assertThat(facts(snapshot, true).neighbors())
                .extracting(GuestNetwork.Neighbor::address, GuestNetwork.Neighbor::state)
                .containsExactly(
                        tuple("169.254.1.1", NUD_REACHABLE), tuple("10.0.0.7", NUD_PERMANENT));
    }
}
