package io.saya.cli.sandbox;

import io.saya.json.JsonObject;
import io.saya.shim.management.ManagementSocket;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A sandbox of this host, as its run directory and its daemon tell.
 *
 * @param daemonPid 0 if there is no daemon
 * @param status what the daemon answered; empty if it did not
 */
record KnownSandbox(
        String id, String namespace, Path runDirectory, long daemonPid, JsonObject status) {

    /** {@code booting}, {@code running}, {@code stopping}, {@code stopped}, {@code left behind}. */
    String state() {
        String told = status.string("state").orElse("");
        if (!told.isEmpty()) {
            return told;
        }
        return daemonPid == 0 ? "left behind" : "booting";
    }

    ManagementClient client() {
        return new ManagementClient(runDirectory.resolve(ManagementSocket.NAME));
    }

    /** Asks the daemon, if it can be asked yet. */
    KnownSandbox asked() {
        try {
            return new KnownSandbox(
                    id, namespace, runDirectory, daemonPid, client().json("/status"));
        } catch (IOException _) {
            return this;
        }
    }
}
