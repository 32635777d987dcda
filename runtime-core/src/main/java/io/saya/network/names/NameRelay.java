package io.saya.network.names;

import io.saya.failure.RuntimeFailure;
import io.saya.host.ActionChannel;
import io.saya.host.Host;
import io.saya.host.LauncherAction;
import io.saya.io.GuestStreams;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.network.ports.StreamRelay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Has Docker's name server answer in the guest. It listens on the loopback of the container's
 * network namespace, which no packet of a guest reaches; so the guest's agent takes the questions
 * on its own loopback, and a process in that namespace, {@code saya-names}, asks them there. What
 * passes through here is not looked at. What one side does not take in time ends it. Thread safe.
 */
public final class NameRelay implements AutoCloseable {
    private static final Log LOG = Log.of("names");

    /** Where Docker's server listens, and where containers look for it. */
    private static final String ADDRESS = "127.0.0.11";

    private static final String SOCKET = "names.sock";

    /** The kernel's own bound for what resolvers read of such a file is lower. */
    private static final long FILE_LIMIT = 64 * 1024;

    /**
     * How long questions or answers may wait to be taken; by then nobody waits for an answer.
     * {@code saya-names} takes its time when a guest asks without end: for the smallest questions
     * that are no longer than {@link #CHUNK} together, eight seconds.
     */
    private static final Duration TAKEN_LIMIT = Duration.ofSeconds(30);

    /** Bytes of a direction that are on their way at once. */
    private static final int CHUNK = 16 * 1024;

    private final ActionChannel action;
    private final GuestStreams guest;
    private final Duration limit;
    private final AtomicBoolean forgotten = new AtomicBoolean();

    private NameRelay(ActionChannel action, GuestStreams guest, Duration limit) {
        this.action = action;
        this.guest = guest;
        this.limit = limit;
    }

    /** True if a container with this {@code resolv.conf} asks Docker's server. */
    public static boolean wanted(Optional<Path> resolverFile) {
        try {
            return resolverFile.isPresent()
                    && Files.size(resolverFile.get()) <= FILE_LIMIT
                    && Files.readString(resolverFile.get()).lines().anyMatch(NameRelay::asksDocker);
        } catch (IOException e) {
            LOG.debug("name servers cannot be read", "file", resolverFile, "why", e);
            return false;
        }
    }

    /** A line of resolv.conf(5): words with blanks or tabs between them. */
    private static boolean asksDocker(String line) {
        String word = "nameserver";
        String rest = line.strip();
        return rest.startsWith(word)
                && rest.substring(word.length()).strip().equals(ADDRESS)
                && rest.length() > word.length() + ADDRESS.length();
    }

    /**
     * Begins.
     *
     * @param namespace the container's
     * @param runDirectory where the socket goes
     * @param sandboxId stands in the arguments of the process
     * @throws IOException if the process cannot be made; nothing is left then
     * @throws RuntimeFailure if the guest cannot; nothing is left then
     */
    public static NameRelay start(
            Host host, Path namespace, Path runDirectory, String sandboxId, NameServer guest)
            throws IOException {
        return start(host, namespace, runDirectory, sandboxId, guest, TAKEN_LIMIT);
    }

    static NameRelay start(
            Host host,
            Path namespace,
            Path runDirectory,
            String sandboxId,
            NameServer guest,
            Duration limit)
            throws IOException {
        Path socket = runDirectory.resolve(SOCKET);
        ActionChannel action = ActionChannel.start(host, "names", sandboxId, socket, namespace);
        NameRelay relay;
        try {
            relay = new NameRelay(action, guest.serve(ADDRESS), limit);
        } catch (RuntimeException | Error e) {
            action.close();
            throw e;
        }
        Thread.ofVirtual().name("questions").start(relay::ask);
        Thread.ofVirtual().name("answers").start(relay::answer);
        return relay;
    }

    /** The process in the namespace, for another daemon ({@link #end}). */
    public JsonObject held() {
        return action.process().held();
    }

    /** Ends what another daemon has started, so that a new one can be started. */
    public static void end(Host host, Path runDirectory, JsonObject held) throws IOException {
        LauncherAction.known(host, held).close();
        Files.deleteIfExists(runDirectory.resolve(SOCKET));
    }

    /** Ends the process; returns when it is reaped. May be called again. */
    @Override
    public void close() throws IOException {
        action.close();
    }

    private void ask() {
        try {
            StreamRelay.toClient(guest, action.channel(), CHUNK, limit, this::giveUp);
            ended("the guest serves no names any more");
        } catch (IOException | RuntimeException e) {
            ended(String.valueOf(e.getMessage()));
        } finally {
            forgetGuest();
        }
    }

    private void answer() {
        try {
            StreamRelay.toGuest(action.channel(), guest, CHUNK, limit, this::giveUp);
            ended(action.process().lastWords());
        } catch (IOException | RuntimeException e) {
            ended(String.valueOf(e.getMessage()));
        }
    }

    /** Whatever hangs fails. The process ends when its connection does. */
    private void giveUp() {
        ended("what was said was not taken within " + limit);
        forgetGuest();
        try {
            action.channel().close();
        } catch (IOException e) {
            LOG.debug("close", "why", e.getMessage());
        }
    }

    private void forgetGuest() {
        if (forgotten.compareAndSet(false, true)) {
            guest.close();
        }
    }

    private void ended(String why) {
        if (action.channel().isOpen()) {
            LOG.warn("names of Docker's networks are not found in the guest any more", "why", why);
        }
    }
}
