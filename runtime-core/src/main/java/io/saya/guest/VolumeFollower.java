package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.agent.GuestStorage;
import io.saya.log.Log;
import io.saya.share.KubeletVolume;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Tells the guest of changes in the volumes that a kubelet fills, which the guest has as files of
 * its own. It looks at one link of each every few seconds, against inotify: a kubelet lags by a
 * minute itself, a look costs some microseconds, and a node has few inotify instances. Thread safe;
 * nothing here blocks its caller.
 */
final class VolumeFollower {

    /** Between two attempts to tell the guest the same. */
    private static final Duration PAUSE = Duration.ofMinutes(1);

    private static final Log LOG = Log.of("volumes");

    /** By mount point in the guest. */
    private final Map<String, Followed> volumes = new ConcurrentHashMap<>();

    private final AtomicBoolean looking = new AtomicBoolean();
    private final LongSupplier clock;

    VolumeFollower() {
        this(System::nanoTime);
    }

    /**
     * @param clock ns
     */
    VolumeFollower(LongSupplier clock) {
        this.clock = clock;
    }

    /**
     * A volume that containers use.
     *
     * @param told the version that the guest has
     * @param users containers
     * @param notBefore when the guest may be told, by the clock
     */
    private record Followed(KubeletVolume volume, String told, int users, long notBefore) {

        Followed withUsers(int count) {
            return new Followed(volume, told, count, notBefore);
        }
    }

    /**
     * Follows a volume for one container more.
     *
     * @param told the version that the guest is told with the container. One that another container
     *     came with stays: to be told again what it has is nothing to the guest
     */
    void follow(String mountPoint, KubeletVolume.Told told) {
        volumes.merge(
                mountPoint,
                new Followed(told.volume(), told.version(), 1, clock.getAsLong()),
                (known, _) -> known.withUsers(known.users() + 1));
    }

    /** Follows it for one container less. */
    void unfollow(String mountPoint) {
        volumes.computeIfPresent(
                mountPoint,
                (_, known) -> known.users() == 1 ? null : known.withUsers(known.users() - 1));
    }

    /** Returns what the guest has of a volume; empty if no container uses it. */
    Optional<KubeletVolume.Told> followed(String mountPoint) {
        return Optional.ofNullable(volumes.get(mountPoint))
                .map(known -> new KubeletVolume.Told(known.volume(), known.told()));
    }

    /** Looks for changes, in a thread of its own; to be called every few seconds. */
    void look(Agent agent) {
        if (!volumes.isEmpty() && looking.compareAndSet(false, true)) {
            Thread.ofVirtual().name("volumes").start(() -> lookAtAll(agent));
        }
    }

    /** True while it looks; for tests. */
    boolean isLooking() {
        return looking.get();
    }

    private void lookAtAll(Agent agent) {
        try {
            volumes.forEach((mountPoint, followed) -> lookAt(agent, mountPoint, followed));
        } finally {
            looking.set(false);
        }
    }

    private void lookAt(Agent agent, String mountPoint, Followed followed) {
        KubeletVolume volume = followed.volume();
        try {
            Optional<String> version = volume.version();
            if (version.isEmpty()
                    || version.get().equals(followed.told())
                    || clock.getAsLong() - followed.notBefore() < 0) {
                return;
            }
            Optional<KubeletVolume.Content> content = volume.read(Integer.MAX_VALUE);
            if (content.isEmpty()) {
                throw new IOException(
                        "it holds too much, or what is neither directory, file nor link");
            }
            agent.updateFiles(GuestStorage.ofFiles(mountPoint, content.get().files()));
            volumes.computeIfPresent(
                    mountPoint,
                    (_, known) ->
                            new Followed(
                                    volume,
                                    content.get().version(),
                                    known.users(),
                                    known.notBefore()));
            LOG.debug("volume changed", "volume", volume.name());
        } catch (IOException | RuntimeException e) {
            LOG.warn(
                    "a volume has changed, and its containers see what it held before; tried again"
                            + " in a minute",
                    "volume",
                    volume.directory(),
                    "error",
                    e);
            long later = clock.getAsLong() + PAUSE.toNanos();
            volumes.computeIfPresent(
                    mountPoint,
                    (_, known) -> new Followed(volume, known.told(), known.users(), later));
        }
    }
}
