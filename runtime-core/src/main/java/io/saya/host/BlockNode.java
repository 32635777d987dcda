package io.saya.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Finds the nodes of the host's block devices. */
public final class BlockNode {

    private static final Path DEVICES = Path.of("/dev");

    /** The kernel's name of a device, in the file that says what it told of it. */
    private static final String NAME = "DEVNAME=";

    private BlockNode() {}

    /**
     * Returns the node of a block device.
     *
     * @throws IOException that names the device if the host has none of these numbers
     */
    public static Path of(long major, long minor) throws IOException {
        String numbers = major + ":" + minor;
        try {
            for (String line :
                    Files.readAllLines(Path.of("/sys/dev/block").resolve(numbers + "/uevent"))) {
                if (line.startsWith(NAME)) {
                    return found(DEVICES.resolve(line.substring(NAME.length())), major, minor);
                }
            }
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "the host has no block device "
                            + numbers
                            + " (expected: one that is in /sys/dev/block)",
                    e);
        }
        throw new IOException("the kernel does not tell the name of block device " + numbers);
    }

    /** Another /dev than the host's may have something else by that name. */
    private static Path found(Path node, long major, long minor) throws IOException {
        long number = (long) Files.getAttribute(node, "unix:rdev");
        if (major(number) != major || minor(number) != minor) {
            throw new IOException(
                    node
                            + " is device "
                            + major(number)
                            + ":"
                            + minor(number)
                            + " (expected: "
                            + major
                            + ":"
                            + minor
                            + ")");
        }
        return node;
    }

    /** As makedev(3) of glibc puts the two together. */
    private static long major(long number) {
        return ((number >>> 8) & 0xfff) | ((number >>> 32) & ~0xfffL);
    }

    private static long minor(long number) {
        return (number & 0xff) | ((number >>> 12) & ~0xffL);
    }
}
