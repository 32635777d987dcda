package io.saya.container;

import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * By which CRI-O learns that a container of a VM ran out of memory: it takes no events, and looks
 * for a file in the bundle when the container has ended, as conmon makes it for other containers
 * (reference: kata-runtime, 3.7).
 */
public final class OutOfMemoryFile {
    private static final Log LOG = Log.of("exits");

    private static final String NAME = "oom";

    private OutOfMemoryFile() {}

    /**
     * Leaves it in the bundle of a container that CRI-O has made; in that of another nothing. To be
     * called before the container's exit is public. Blocks; a file that cannot be left is logged.
     */
    public static void leave(Path bundle) {
        try {
            if (OciSpec.read(bundle).isCriOs()) {
                Files.createFile(bundle.resolve(NAME));
            }
        } catch (FileAlreadyExistsException e) {
            LOG.debug("the container ran out of memory before", "file", e.getFile());
        } catch (IOException | RuntimeFailure e) {
            LOG.warn("CRI-O is not told of a lack of memory", "bundle", bundle, "error", e);
        }
    }
}
