package io.saya.network;

import io.saya.config.RuntimeSettings.InternetworkingModel;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.log.Log;
import io.saya.network.netlink.NetlinkBatch;
import io.saya.network.netlink.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The interfaces that appear in a pod's namespace when its VM runs already, as Docker's do: plugged
 * into the VM, and taken out again when they go. {@link #follow} compares what there is with what
 * the guest has; one thread at a time.
 */
public final class LateNetwork {
    private static final Log LOG = Log.of("network");

    private static final int COMPLAINTS = 256;

    /** Is told of what is going to be made and of what the guest needs to know. */
    public interface Listener {
        /**
         * Writes down what is going to be made, for those who clean up after a crash.
         *
         * @throws IOException if that cannot be done; nothing is made then
         */
        void willMake(NetworkRecord record) throws IOException;

        /** Tells the guest of an interface. */
        void tellInterface(GuestNetwork network) throws RuntimeFailure;

        /** Tells the guest all routes that it is to have, which may be none, and neighbours. */
        void tellRoutes(GuestNetwork network) throws RuntimeFailure;
    }

    private final NetworkNamespace namespace;
    private final NetworkSettings settings;
    private final Vm vm;
    private final Listener listener;
    private final Map<Integer, LateCard> cards = new HashMap<>();
    private final Set<String> complaints = new HashSet<>();

    /** Null: what the guest has is not known. */
    private @Nullable GuestNetwork told = GuestNetwork.NONE;

    /**
     * A network that has looked for nothing yet.
     *
     * @param namespace the VM was started without an interface of it
     */
    public LateNetwork(
            Host host, NetworkSettings settings, Path namespace, Vm vm, Listener listener) {
        this.namespace = new NetworkNamespace(host, namespace);
        this.settings = byFilters(settings);
        this.vm = vm;
        this.listener = listener;
    }

    /** The namespace. */
    public Path namespace() {
        return namespace.path();
    }

    /**
     * Plugs what has come, unplugs what has gone, and tells the guest.
     *
     * @throws IOException that names the interface, the step and the cause; what was done for other
     *     interfaces stays, and calling it again tries again
     * @throws RuntimeFailure the same for what the guest refuses
     */
    public void follow() throws IOException {
        NamespaceSnapshot snapshot = NamespaceSnapshot.read(namespace);
        LateFacts.removeLinkLocal(snapshot);
        List<Exception> failures = new ArrayList<>();
        List<Link> wanted = wanted(snapshot);
        unplugGone(wanted, snapshot);
        for (Link link : wanted) {
            try {
                take(link, snapshot);
            } catch (IOException | RuntimeFailure e) {
                failures.add(e);
            }
        }
        try {
            tellRoutes(snapshot);
        } catch (RuntimeFailure e) {
            failures.add(e);
        }
        if (!failures.isEmpty()) {
            Exception first = failures.getFirst();
            for (Exception other : failures.subList(1, failures.size())) {
                first.addSuppressed(other);
            }
            if (first instanceof RuntimeFailure refused) {
                throw refused;
            }
            throw (IOException) first;
        }
    }

    /** Undoes what was made and does not end with the VMM. */
    public void undo() {
        for (LateCard card : cards.values()) {
            if (!card.leaving()) {
                PodNetwork.undo(namespace, card.junction());
            }
        }
        cards.clear();
    }

    /** Interfaces that are up and have an address that the kernel has not made by itself. */
    private List<Link> wanted(NamespaceSnapshot snapshot) {
        List<Link> wanted = new ArrayList<>();
        for (Link link : snapshot.links()) {
            if (!link.loopback()
                    && link.up()
                    && !Junctions.isOurs(link)
                    && !snapshot.addressesOf(link).isEmpty()) {
                wanted.add(link);
            }
        }
        wanted.sort(Comparator.comparing(Link::name));
        return wanted;
    }

    private void take(Link link, NamespaceSnapshot snapshot) throws IOException {
        LateCard card = cards.get(link.index());
        if (card == null) {
            if (vm.freeSlots() == 0) {
                complain(
                        link,
                        "it is left out, being number "
                                + (cards.size() + 1)
                                + " of those that came while the VM runs (expected: at most "
                                + cards.size()
                                + ")");
                return;
            }
            plug(link, snapshot);
        } else if (!card.leaving()) {
            refresh(card, link, snapshot);
        }
    }

    private void plug(Link link, NamespaceSnapshot snapshot) throws IOException {
        long begun = System.nanoTime();
        if (Endpoint.of(link) instanceof Endpoint.Physical
                || !(Junctions.of(link, freeNumber(), snapshot, settings)
                        instanceof FilterJunction junction)) {
            throw new IOException(
                    "interface "
                            + link.name()
                            + " of kind "
                            + (link.kind().isEmpty() ? "device" : link.kind())
                            + " came while the VM runs: it can only be given to a VM that starts"
                            + " (expected: an interface that filters can join)");
        }
        LateCard card = new LateCard(junction);
        cards.put(link.index(), card);
        try {
            listener.willMake(record());
            card.plugged(vm.plug(junction.card()));
            long plugged = System.nanoTime();
            PodNetwork.connect(namespace, List.of(junction));
            long joined = System.nanoTime();
            GuestNetwork.Interface facts = LateFacts.of(snapshot, link, settings, card.path());
            tellInterface(facts);
            card.told(facts);
            LOG.info(
                    "interface plugged",
                    "name",
                    link.name(),
                    "tap",
                    junction.card().tap(),
                    "plug_us",
                    (plugged - begun) / 1000,
                    "join_us",
                    (joined - plugged) / 1000,
                    "guest_us",
                    (System.nanoTime() - joined) / 1000);
        } catch (HypervisorFailure e) {
            // Where QEMU did not answer, the card may come yet.
            takeBack(link.index(), card, e);
            throw new IOException("interface " + link.name() + ": " + e.getMessage(), e);
        } catch (RuntimeFailure e) {
            takeBack(link.index(), card, e);
            throw new RuntimeFailure(
                    e.kind(), "interface " + link.name() + ": " + e.getMessage(), e);
        } catch (IOException e) {
            takeBack(link.index(), card, e);
            throw e;
        }
    }

    /** Of an interface that the guest has: what has changed. */
    private void refresh(LateCard card, Link link, NamespaceSnapshot snapshot) throws IOException {
        GuestNetwork.Interface facts = LateFacts.of(snapshot, link, settings, card.path());
        GuestNetwork.Interface known = card.told();
        if (facts.equals(known)) {
            return;
        }
        if (known != null && facts.mtu() != known.mtu()) {
            NetlinkBatch batch = new NetlinkBatch();
            for (Link tap : snapshot.links()) {
                if (tap.name().equals(card.junction().card().tap())) {
                    TrafficControl.bringUp(batch, tap, link.mtu());
                }
            }
            namespace.apply(batch);
        }
        tellInterface(facts);
        card.told(facts);
        told = null; // a link that is set up anew has lost its routes
    }

    /**
     * Unplugs the cards whose interfaces have gone, and those that the guest did not let go of
     * earlier. An interface that came back, or that has another MAC address now, is a new card to
     * the guest: it is plugged after this.
     */
    private void unplugGone(List<Link> wanted, NamespaceSnapshot snapshot) {
        Map<Integer, String> there = new HashMap<>();
        for (Link link : wanted) {
            there.put(link.index(), link.mac());
        }
        for (Map.Entry<Integer, LateCard> entry : List.copyOf(cards.entrySet())) {
            int index = entry.getKey();
            LateCard card = entry.getValue();
            Link link = card.junction().link();
            if (!card.leaving() && link.mac().equals(there.get(index))) {
                continue;
            }
            try {
                remove(index, card);
                // What went after the look is nobody else's.
                String tap = card.junction().card().tap();
                snapshot.links().removeIf(other -> other.name().equals(tap));
                snapshot.queues().removeIf(queue -> queue.link() == index);
                LOG.info("interface unplugged", "name", link.name());
            } catch (HypervisorFailure e) {
                complain(link, String.valueOf(e.getMessage()));
            }
        }
    }

    private void takeBack(int index, LateCard card, Exception cause) {
        try {
            remove(index, card);
        } catch (HypervisorFailure e) {
            cause.addSuppressed(e);
        }
    }

    /** A card that the guest does not let go of stays, to be tried again at the next look. */
    private void remove(int index, LateCard card) throws HypervisorFailure {
        if (!card.leaving()) {
            card.leave();
            PodNetwork.undo(namespace, card.junction());
        }
        vm.unplug(card.junction().card());
        cards.remove(index);
        told = null; // its routes went with it, and one that takes its place needs them again
    }

    private void tellInterface(GuestNetwork.Interface facts) {
        listener.tellInterface(new GuestNetwork(List.of(facts), List.of(), List.of()));
    }

    /** All of them: what is not among them, the default guest's agent removes. */
    private void tellRoutes(NamespaceSnapshot snapshot) {
        List<Link> links = new ArrayList<>();
        for (Link link : snapshot.links()) {
            LateCard card = cards.get(link.index());
            if (card != null && !card.leaving()) {
                links.add(link);
            }
        }
        GuestNetwork now = LateFacts.routes(snapshot, links, settings);
        if (!now.equals(told)) {
            listener.tellRoutes(now);
            told = now;
        }
    }

    /** The lowest that no living card has. */
    private int freeNumber() {
        Set<String> taken = new HashSet<>();
        for (LateCard card : cards.values()) {
            taken.add(card.junction().card().id());
        }
        int number = 0;
        while (taken.contains(Integer.toString(number))) {
            number++;
        }
        return number;
    }

    private NetworkRecord record() {
        NetworkRecord record = new NetworkRecord(namespace.path());
        for (LateCard card : cards.values()) {
            if (!card.leaving()) {
                card.junction().note(record);
            }
        }
        return record;
    }

    /** Once for each interface: changes elsewhere make it be looked at again and again. */
    private void complain(Link link, String what) {
        if (complaints.size() > COMPLAINTS) {
            complaints.clear();
        }
        if (complaints.add(link.index() + what)) {
            LOG.warn("interface of the pod", "name", link.name(), "why", what);
        }
    }

    /**
     * Returns settings that join interfaces by filters where they say macvtap: only the process
     * that starts the VMM can open a macvtap.
     */
    private static NetworkSettings byFilters(NetworkSettings settings) {
        return settings.model() == InternetworkingModel.MACVTAP
                ? new NetworkSettings(
                        InternetworkingModel.TCFILTER,
                        settings.queues(),
                        settings.vhost(),
                        settings.rxRate(),
                        settings.txRate(),
                        settings.ipv6())
                : settings;
    }
}
