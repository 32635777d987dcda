package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.failpoint.Moment;
import io.saya.host.Host;
import io.saya.host.HostFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.log.Log;
import io.saya.network.netlink.NetlinkBatch;
import io.saya.network.netlink.NetlinkFailure;
import io.saya.network.netlink.NetlinkMessage;
import io.saya.network.netlink.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The interfaces of a pod and what joins them to its VM. In this order: {@link #scan}, {@link
 * #record} written down, {@link #prepare}, start of the VMM with {@link #cards}, {@link #connect}
 * (the guest may boot meanwhile); at the end {@link #undo}, whatever came of the rest. One owner at
 * a time.
 */
public final class PodNetwork {
    private static final Log LOG = Log.of("network");
    private static final int ENOENT = 2;
    private static final int ENODEV = 19;
    private static final int EINVAL = 22;

    private final NetworkNamespace namespace;
    private final List<Junction> junctions;
    private final List<PassedThrough> devices;
    private final GuestNetwork guest;

    private PodNetwork(
            NetworkNamespace namespace,
            List<Junction> junctions,
            List<PassedThrough> devices,
            GuestNetwork guest) {
        this.namespace = namespace;
        this.junctions = junctions;
        this.devices = devices;
        this.guest = guest;
    }

    /**
     * Looks at what there is in a namespace; changes nothing.
     *
     * @throws IOException if the namespace cannot be read, or has an interface that cannot be
     *     joined to a VM
     */
    public static PodNetwork scan(Host host, Path path, NetworkSettings settings)
            throws IOException {
        NetworkNamespace namespace = new NetworkNamespace(host, path);
        NamespaceSnapshot snapshot = NamespaceSnapshot.read(namespace);
        List<Junction> junctions = Junctions.of(snapshot, settings);
        List<Link> links = new ArrayList<>();
        for (Junction junction : junctions) {
            links.add(junction.link());
        }
        List<PassedThrough> devices = Junctions.passedThrough(snapshot, settings);
        for (PassedThrough device : devices) {
            links.add(device.link());
        }
        return new PodNetwork(
                namespace, junctions, devices, GuestFacts.of(snapshot, links, settings.ipv6()));
    }

    /** A namespace in which there is nothing yet, and which is the VMM's own. */
    public static PodNetwork none(Host host, Path path) {
        return new PodNetwork(
                new NetworkNamespace(host, path), List.of(), List.of(), GuestNetwork.NONE);
    }

    /** Returns the path of the namespace. */
    public Path namespace() {
        return namespace.path();
    }

    /** Returns the VM's network cards. */
    public List<VmDevice.Network> cards() {
        List<VmDevice.Network> cards = new ArrayList<>();
        for (Junction junction : junctions) {
            cards.add(junction.card());
        }
        return cards;
    }

    /** Devices of the host that become the VM's, beside {@link #cards}. */
    public List<VmDevice.HostPci> devices() {
        List<VmDevice.HostPci> cards = new ArrayList<>();
        for (PassedThrough device : devices) {
            cards.add(device.card());
        }
        return cards;
    }

    /** Returns what the guest is to be told. */
    public GuestNetwork guest() {
        return guest;
    }

    /** Returns what will be made, for those who clean up after a crash. */
    public NetworkRecord record() {
        NetworkRecord record = new NetworkRecord(namespace.path());
        for (Junction junction : junctions) {
            junction.note(record);
        }
        for (PassedThrough device : devices) {
            device.note(record);
        }
        return record;
    }

    /** Makes what the VMM is going to open. */
    public void prepare() throws IOException {
        for (Junction junction : junctions) {
            junction.prepare(namespace);
        }
        for (PassedThrough device : devices) {
            device.prepare();
        }
    }

    /** Joins the cards, which the VMM has open by now, to the interfaces. */
    public void connect() throws IOException {
        connect(namespace, junctions);
    }

    static void connect(NetworkNamespace namespace, List<Junction> junctions) throws IOException {
        if (junctions.isEmpty()) {
            return;
        }
        NetlinkBatch look = new NetlinkBatch();
        for (Junction junction : junctions) {
            look.begin(GET_LINK, ACK, "look at " + junction.card().tap())
                    .raw(new byte[LINK_HEADER])
                    .attribute(IFLA_IFNAME, junction.card().tap());
        }
        NetlinkBatch batch = new NetlinkBatch();
        for (NetlinkMessage answer : namespace.exchange(look)) {
            junctions.get(answer.sequence() - 1).connect(Link.parse(answer), batch);
        }
        if (!batch.isEmpty()) {
            namespace.apply(batch, Moment.NETWORK_CONNECT);
        }
    }

    /** Undoes everything; what is gone already, with or without its namespace, is fine. */
    public void undo() {
        for (PassedThrough device : devices) {
            try {
                device.undo();
            } catch (IOException e) {
                LOG.warn("cannot undo", "what", "network", "error", e);
            }
        }
        for (int i = junctions.size() - 1; i >= 0; i--) {
            undo(namespace, junctions.get(i));
        }
    }

    static void undo(NetworkNamespace namespace, Junction junction) {
        for (NetlinkBatch batch : junction.undo()) {
            try {
                namespace.apply(batch);
            } catch (IOException e) {
                if (!gone(e)) {
                    LOG.warn("cannot undo", "what", "network", "error", e);
                }
            }
        }
    }

    /** EINVAL is what the kernel says of a qdisc that is not there. */
    private static boolean gone(IOException failure) {
        int errno =
                switch (failure) {
                    case NetlinkFailure refused -> refused.errno();
                    case HostFailure refused -> refused.errno();
                    default -> 0;
                };
        return errno == ENOENT || errno == ENODEV || errno == EINVAL;
    }
}
