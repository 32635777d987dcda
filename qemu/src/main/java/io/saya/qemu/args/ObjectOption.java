package io.saya.qemu.args;

import io.saya.hypervisor.VmSpec.MemoryBacking;
import java.nio.file.Path;
import java.util.List;

/** {@code -object}. */
public sealed interface ObjectOption extends Argument {

    /**
     * Memory in an anonymous file: shared, so that vhost-user daemons can map it.
     *
     * @param sizeMib size in MiB
     * @param backing where its pages come from
     */
    record MemoryBackendMemfd(String id, int sizeMib, MemoryBacking backing)
            implements ObjectOption {
        @Override
        public List<String> words() {
            Options options =
                    Options.of("memory-backend-memfd")
                            .with("id", id)
                            .with("size", sizeMib + "M")
                            .with("share", true);
            if (backing == MemoryBacking.HUGE_PAGES) {
                options.with("hugetlb", true);
            }
            if (backing != MemoryBacking.ON_TOUCH) {
                options.with("prealloc", true);
            }
            return List.of("-object", options.toString());
        }
    }

    /**
     * A file as memory that nobody can write to. Its pages are those of the host's page cache.
     *
     * @param size bytes, at most what the file has
     */
    record MemoryBackendReadOnlyFile(String id, Path path, long size) implements ObjectOption {
        @Override
        public List<String> words() {
            return List.of(
                    "-object",
                    Options.of("memory-backend-file")
                            .with("id", id)
                            .with("mem-path", path.toString())
                            .with("size", size)
                            .with("share", true)
                            .with("readonly", true)
                            .toString());
        }
    }

    /** Randomness from a file of the host. */
    record RngRandom(String id, Path filename) implements ObjectOption {
        @Override
        public List<String> words() {
            return List.of(
                    "-object",
                    Options.of("rng-random")
                            .with("id", id)
                            .with("filename", filename.toString())
                            .toString());
        }
    }
}
