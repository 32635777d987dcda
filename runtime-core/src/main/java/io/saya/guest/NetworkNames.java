package io.saya.guest;

import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.network.names.NameRelay;
import io.saya.network.names.NameServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Has the name server of Docker's networks answer in the guest, once the container's {@code
 * resolv.conf} names it: from the start, or when it gets into such a network later. Thread safe.
 */
final class NetworkNames {
    private static final Log LOG = Log.of("names");

    private final Host host;
    private final SandboxIdentity identity;
    private final Optional<Path> resolverFile;
    private final NameServer guest;
    private final Companion<NameRelay> relay = new Companion<>("relay of names");
    private volatile Optional<JsonObject> before;

    /**
     * @param resolverFile what the container has as its {@code /etc/resolv.conf}
     * @param before what another daemon has started
     */
    NetworkNames(
            Host host,
            SandboxIdentity identity,
            Optional<Path> resolverFile,
            NameServer guest,
            Optional<JsonObject> before) {
        this.host = host;
        this.identity = identity;
        this.resolverFile = resolverFile;
        this.guest = guest;
        this.before = before;
    }

    /**
     * Begins if it is wanted by now. A container for which that cannot be done does without, and
     * has its network.
     */
    void look(Path namespace) {
        try {
            if (before.isPresent()) {
                NameRelay.end(host, identity.runDirectory(), before.get());
                before = Optional.empty();
            }
            if (relay.current().isEmpty() && NameRelay.wanted(resolverFile)) {
                relay.start(
                        () ->
                                NameRelay.start(
                                        host,
                                        namespace,
                                        identity.runDirectory(),
                                        identity.id(),
                                        guest));
            }
        } catch (IOException | RuntimeFailure e) {
            LOG.warn("names of Docker's networks will not be found in the guest", "why", e);
        }
    }

    /** What runs, for another daemon. */
    Optional<JsonObject> held() {
        return relay.current().map(NameRelay::held);
    }

    /** Ends it; returns when it is reaped. May be called again. */
    void end() {
        relay.end();
    }
}
