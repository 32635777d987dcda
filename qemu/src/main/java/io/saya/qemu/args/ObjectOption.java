package io.saya.qemu.args;

import java.nio.file.Path;
import java.util.List;

/** {@code -object}. */
public sealed interface ObjectOption extends Argument {

    /**
     * Memory in an anonymous file: shared, so that vhost-user daemons can map it, and without pages
     * until the guest touches them.
     *
     * @param sizeMib size in MiB
     */
    record MemoryBackendMemfd(String id, int sizeMib) implements ObjectOption {
        @Override
        public List<String> words() {
            return List.of(
                    "-object",
                    Options.of("memory-backend-memfd")
                            .with("id", id)
                            .with("size", sizeMib + "M")
                            .with("share", true)
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
