package io.saya.share;

import io.saya.log.Log;
import io.saya.share.HostMounts.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The modules of the kernel that a guest boots: the directory {@code modules} beside it, with one
 * directory for each release as {@code depmod} leaves it. The guest sees them without a copy and
 * reads one when something needs it.
 */
public final class GuestModules {

    /** No container's id begins so; the agent knows it. */
    private static final String NAME = ".modules";

    private static final Log LOG = Log.of("share");

    private GuestModules() {}

    /**
     * Shows the modules beside {@code kernel} to the guest. Without them, or where they cannot be
     * shown, which is logged, the guest has those of its image only.
     */
    public static void share(SharedDirectory directory, Path kernel) {
        Path modules = kernel.resolveSibling("modules");
        if (!Files.isDirectory(modules)) {
            return;
        }
        try {
            directory.share(NAME, modules, Access.READ_ONLY);
        } catch (IOException e) {
            LOG.warn(
                    "the guest cannot load further kernel modules",
                    "path",
                    modules.toString(),
                    "error",
                    e);
        }
    }

    /**
     * Returns what stands in the guest for a bind mount of the host's {@code /lib/modules}: the
     * modules of the kernel that runs there. Empty for any other source, and where none are shown.
     */
    static Optional<String> inPlaceOf(String source, SharedDirectory directory) {
        return source.equals("/lib/modules") || source.equals("/usr/lib/modules")
                ? directory.guestPath(NAME)
                : Optional.empty();
    }
}
