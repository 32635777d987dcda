package io.saya.qemu.args;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code -add-fd} and {@code -blockdev}: a raw image that QEMU inherits open.
 *
 * @param nodeName what a device's {@code drive} refers to
 * @param descriptor the name of the inherited descriptor
 * @param set QEMU's number for a set of descriptors of one file, which nothing else has
 * @param path for whoever reads the command line
 * @param hostDevice whether it is a block device and not a file: QEMU has a driver for each and
 *     refuses the wrong one
 */
public record Blockdev(
        String nodeName,
        String descriptor,
        int set,
        Path path,
        boolean hostDevice,
        boolean readOnly)
        implements Argument {
    @Override
    public List<String> words() {
        FileSet file = new FileSet(descriptor, set, path);
        Options options =
                Options.of("raw")
                        .with("node-name", nodeName)
                        .with("read-only", readOnly)
                        .with("file.driver", hostDevice ? "host_device" : "file")
                        .with("file.filename", file.name().toString());
        if (readOnly) {
            // Guests share one image; QEMU's lock would also need write access to the file.
            options.with("file.locking", false);
        }
        List<String> words = new ArrayList<>(file.words());
        words.add("-blockdev");
        words.add("driver=" + options);
        return words;
    }
}
