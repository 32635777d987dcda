package io.saya.network;

import io.saya.network.netlink.Rtnetlink;
import java.io.IOException;

/** An interface of the pod that the guest is to have, by what it is. */
public sealed interface Endpoint {

    /** The interface. */
    Link link();

    /** One end of a pair. */
    record Veth(Link link) implements Endpoint {}

    /** A further address on another interface. */
    record Macvlan(Link link) implements Endpoint {}

    /** A further interface with the address of another; it can only be joined by filters. */
    record Ipvlan(Link link) implements Endpoint {}

    /** A VLAN of another interface. */
    record Vlan(Link link) implements Endpoint {}

    /** Has a character device of its own and is opened as it is. */
    record Macvtap(Link link) implements Endpoint {}

    /** A tap that somebody else has made. */
    record Tuntap(Link link) implements Endpoint {}

    /** Hardware that the kernel of the host drives, such as a paravirtual card. */
    record Device(Link link) implements Endpoint {}

    /** A PCI device that could be given to the guest as it is. */
    record Physical(Link link) implements Endpoint {}

    /**
     * Returns what an interface is.
     *
     * @throws IOException that names a kind which is not supported
     */
    static Endpoint of(Link link) throws IOException {
        if (link.layer().type() != Rtnetlink.ARPHRD_ETHER) {
            throw unsupported(link, "it carries no Ethernet frames");
        }
        return switch (link.kind()) {
            case "veth" -> new Veth(link);
            case "macvlan" -> new Macvlan(link);
            case "ipvlan" -> new Ipvlan(link);
            case "vlan" -> new Vlan(link);
            case "macvtap" -> new Macvtap(link);
            case "tun" -> new Tuntap(link);
            case "" -> link.hardware().bus().equals("pci") ? new Physical(link) : new Device(link);
            default -> throw unsupported(link, "its kind is not supported");
        };
    }

    private static IOException unsupported(Link link, String why) {
        return new IOException(
                "interface "
                        + link.name()
                        + " of kind "
                        + (link.kind().isEmpty() ? "(none)" : link.kind())
                        + ": "
                        + why
                        + " (expected: veth, macvlan, ipvlan, vlan, macvtap, tap, or a card)");
    }
}
