package io.saya.network;

import io.saya.host.Placement.TapKind;
import io.saya.hypervisor.VmDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Decides which interfaces of a namespace the guest gets, and how each is joined to its VM. */
final class Junctions {
    /**
     * Taps are called {@code veth0_saya}, though they are none: cadvisor, by which a kubelet counts
     * what a pod sends and receives, leaves out what begins with "veth", and would count everything
     * twice otherwise. Kata's are called {@code tap0_kata}, those of CNI plugins {@code tap0} or by
     * a hash.
     */
    private static final String TAP_PREFIX = "veth";

    private static final String TAP_SUFFIX = "_saya";

    private final NamespaceSnapshot snapshot;
    private final NetworkSettings settings;

    private Junctions(NamespaceSnapshot snapshot, NetworkSettings settings) {
        this.snapshot = snapshot;
        this.settings = settings;
    }

    /**
     * Returns a junction for each interface that has an address, in the order of their names.
     *
     * @throws IOException that names what cannot be joined
     */
    static List<Junction> of(NamespaceSnapshot snapshot, NetworkSettings settings)
            throws IOException {
        Junctions junctions = new Junctions(snapshot, settings);
        List<Junction> made = new ArrayList<>();
        for (Link link : links(snapshot)) {
            Endpoint endpoint = Endpoint.of(link);
            if (!(endpoint instanceof Endpoint.Physical && settings.passThrough())) {
                made.add(junctions.junction(endpoint, made.size()));
            }
        }
        return made;
    }

    /**
     * Returns the interfaces that are given to the guest as they are.
     *
     * @throws IOException that names what keeps one from it
     */
    static List<PassedThrough> passedThrough(NamespaceSnapshot snapshot, NetworkSettings settings)
            throws IOException {
        List<PassedThrough> devices = new ArrayList<>();
        if (settings.passThrough()) {
            for (Link link : links(snapshot)) {
                if (Endpoint.of(link) instanceof Endpoint.Physical) {
                    devices.add(PassedThrough.of(link));
                }
            }
        }
        return devices;
    }

    /** The guest's interfaces in the order of their names. */
    private static List<Link> links(NamespaceSnapshot snapshot) {
        List<Link> links = new ArrayList<>();
        for (Link link : snapshot.links()) {
            if (!link.loopback() && !snapshot.addressesOf(link).isEmpty()) {
                links.add(link);
            }
        }
        links.sort(Comparator.comparing(Link::name));
        return links;
    }

    /**
     * Returns the junction of an interface that has come later.
     *
     * @throws IOException that names what cannot be joined
     */
    static Junction of(Link link, int number, NamespaceSnapshot snapshot, NetworkSettings settings)
            throws IOException {
        return new Junctions(snapshot, settings).junction(Endpoint.of(link), number);
    }

    /** True if it is one that joins the VM, and so none to be joined. */
    static boolean isOurs(Link link) {
        return link.name().endsWith(TAP_SUFFIX);
    }

    private Junction junction(Endpoint endpoint, int number) throws IOException {
        return switch (endpoint) {
            case Endpoint.Macvtap(Link link) -> {
                if (link.name().endsWith(TAP_SUFFIX)) {
                    throw alreadyThere(link);
                }
                yield new DirectJunction(link, card(number, link, link.name(), TapKind.MACVTAP));
            }
            case Endpoint.Ipvlan(Link link) -> byFilters(link, number);
            case Endpoint.Tuntap(Link link) -> {
                if (!link.driver().tap()) {
                    throw new IOException(
                            "interface "
                                    + link.name()
                                    + " of kind tun: it carries no Ethernet frames (expected: mode"
                                    + " tap)");
                }
                yield byModel(link, number);
            }
            case Endpoint.Physical(Link link) ->
                    throw new IOException(
                            "interface "
                                    + link.name()
                                    + " is the PCI device "
                                    + link.hardware().device()
                                    + ", which must be given to the guest as it is (expected:"
                                    + " cold_plug_vfio = \"root-port\" in [hypervisor.qemu], or an"
                                    + " interface that is no PCI device)");
            case Endpoint.Veth(Link link) -> byModel(link, number);
            case Endpoint.Macvlan(Link link) -> byModel(link, number);
            case Endpoint.Vlan(Link link) -> byModel(link, number);
            case Endpoint.Device(Link link) -> byModel(link, number);
        };
    }

    private Junction byModel(Link link, int number) throws IOException {
        return switch (settings.model()) {
            case TCFILTER -> byFilters(link, number);
            case MACVTAP -> byMacvtap(link, number);
            case NONE ->
                    throw new IOException(
                            "interface "
                                    + link.name()
                                    + " of kind "
                                    + link.kind()
                                    + ": internetworking_model = \"none\" cannot join it to the VM"
                                    + " (expected: \"tcfilter\", or \"macvtap\")");
        };
    }

    private Junction byFilters(Link link, int number) throws IOException {
        for (LinkQueue queue : snapshot.queues()) {
            if (queue.link() == link.index() && (queue.ingress() || settings.txRate() > 0)) {
                // Undone, it would be taken from whoever has put it there.
                throw new IOException(
                        "interface "
                                + link.name()
                                + " has a qdisc "
                                + queue.kind()
                                + " already, in the place of the one that joins or limits it"
                                + " (expected: none): another VM may be in this network namespace,"
                                + " which two cannot share (--network container:NAME works within a"
                                + " pod only), or have left it there: 'saya cleanup'");
            }
        }
        TapKind kind = settings.queues() > 1 ? TapKind.MULTI_QUEUE : TapKind.SINGLE_QUEUE;
        return new FilterJunction(
                link,
                card(number, link, tapName(number), kind),
                settings.rxRate(),
                settings.txRate());
    }

    private Junction byMacvtap(Link link, int number) throws IOException {
        if (settings.rxRate() > 0) {
            throw new IOException(
                    "rx_rate_limiter_max_rate: "
                            + settings.rxRate()
                            + ", but what a macvtap takes in cannot be limited (expected: 0, or"
                            + " internetworking_model = \"tcfilter\")");
        }
        return new MacvtapJunction(
                link,
                card(number, link, tapName(number), TapKind.MACVTAP),
                LinkState.of(link, snapshot),
                settings.txRate());
    }

    private String tapName(int number) throws IOException {
        String name = TAP_PREFIX + number + TAP_SUFFIX;
        for (Link link : snapshot.links()) {
            if (link.name().equals(name)) {
                throw alreadyThere(link);
            }
        }
        return name;
    }

    private static IOException alreadyThere(Link link) {
        return new IOException(
                "interface "
                        + link.name()
                        + " is there already (expected: none of this name): another VM is in this"
                        + " network namespace, which two cannot share (--network container:NAME"
                        + " works within a pod only), or has left it there: 'saya cleanup'");
    }

    private VmDevice.Network card(int number, Link link, String tap, TapKind kind) {
        return new VmDevice.Network(
                Integer.toString(number),
                tap,
                kind,
                link.mac(),
                settings.queues(),
                settings.vhost());
    }
}
