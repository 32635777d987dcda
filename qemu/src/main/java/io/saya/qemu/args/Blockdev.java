package io.saya.qemu.args;

import java.nio.file.Path;
import java.util.List;

/**
 * {@code -blockdev}: a raw image.
 *
 * @param nodeName what a device's {@code drive} refers to
 * @param hostDevice whether {@code path} is a block device and not a file: QEMU has a driver for
 *     each and refuses the wrong one
 */
public record Blockdev(String nodeName, Path path, boolean hostDevice, boolean readOnly)
        implements Argument {
    @Override
    public List<String> words() {
        Options options =
                Options.of("raw")
                        .with("node-name", nodeName)
                        .with("read-only", readOnly)
                        .with("file.driver", hostDevice ? "host_device" : "file")
                        .with("file.filename", path.toString());
        if (readOnly) {
            // Guests share one image; QEMU's lock would also need write access to the file.
            options.with("file.locking", false);
        }
        return List.of("-blockdev", "driver=" + options);
    }
}
