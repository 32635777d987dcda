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
import java.util.Optional;

/**
 * Has Docker's name server answer in the guest. It listens on the loopback of the container's
 * network namespace, which no packet of a guest reaches; so the guest's agent takes the questions
 * on its own loopback, and a process in that namespace, {@code saya-names}, asks them there. What
 * passes through here is not looked at. Thread safe.
 */
public final class NameRelay implements AutoCloseable {
    private static final Log LOG = Log.of("names");

    /** Where Docker's server listens, and where containers look for it. */
    private static final String ADDRESS = "127.0.0.11";

    private static final String SOCKET = "names.sock";

    /** The kernel's own bound for what resolvers read of such a file is lower. */
    private static final long FILE_LIMIT = 64 * 1024;

    private final ActionChannel action;

    private NameRelay(ActionChannel action) {
        this.action = action;
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
        Path socket = runDirectory.resolve(SOCKET);
        NameRelay relay =
                new NameRelay(ActionChannel.start(host, "names", sandboxId, socket, namespace));
        try {
            GuestStreams streams = guest.serve(ADDRESS);
            Thread.ofVirtual().name("questions").start(() -> relay.ask(streams));
            Thread.ofVirtual().name("answers").start(() -> relay.answer(streams));
        } catch (RuntimeFailure e) {
            relay.close();
            throw e;
        }
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

    private void ask(GuestStreams guest) {
        try (guest) {
            StreamRelay.toClient(guest, action.channel());
            ended("the guest serves no names any more");
        } catch (IOException e) {
            ended(String.valueOf(e.getMessage()));
        }
    }

    private void answer(GuestStreams guest) {
        try {
            StreamRelay.toGuest(action.channel(), guest);
            ended(action.process().lastWords());
        } catch (IOException e) {
            ended(String.valueOf(e.getMessage()));
        }
    }

    private void ended(String why) {
        if (action.channel().isOpen()) {
            LOG.warn("names of Docker's networks are not found in the guest any more", "why", why);
        }
    }
}
