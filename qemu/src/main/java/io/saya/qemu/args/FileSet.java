package io.saya.qemu.args;

import java.nio.file.Path;
import java.util.List;

/**
 * {@code -add-fd}: a file that QEMU inherits open, and opens as {@code /dev/fdset/SET}.
 *
 * @param descriptor the name of the inherited descriptor
 * @param set QEMU's number for a set of descriptors of one file, which nothing else has
 * @param path for whoever reads the command line
 */
public record FileSet(String descriptor, int set, Path path) implements Argument {
    /** The name by which QEMU opens it. */
    public Path name() {
        return Path.of("/dev/fdset", Integer.toString(set));
    }

    @Override
    public List<String> words() {
        return List.of(
                "-add-fd",
                Options.of("fd=%fd:" + descriptor + "%")
                        .with("set", set)
                        .with("opaque", path.toString())
                        .toString());
    }
}
