package io.saya.qemu.args;

import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.json.JsonArray;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code -object}. */
public sealed interface ObjectOption extends Argument {

    /**
     * Memory in an anonymous file: shared, so that vhost-user daemons can map it.
     *
     * @param sizeMib size in MiB
     * @param backing where its pages come from
     * @param hostNodes the host's NUMA nodes that they come from; empty: from wherever there are
     *     any
     */
    record MemoryBackendMemfd(
            String id, int sizeMib, MemoryBacking backing, List<Integer> hostNodes)
            implements ObjectOption {
        @Override
        public List<String> words() {
            if (!hostNodes.isEmpty()) {
                return List.of("-object", bound().toString());
            }
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

        /** As JSON: QEMU 7.2 takes no list otherwise, but one range. */
        private JsonObject bound() {
            JsonObject.Builder options =
                    JsonObject.builder()
                            .put("qom-type", "memory-backend-memfd")
                            .put("id", id)
                            .put("size", (long) sizeMib << 20)
                            .put("share", true);
            if (backing == MemoryBacking.HUGE_PAGES) {
                options.put("hugetlb", true);
            }
            if (backing != MemoryBacking.ON_TOUCH) {
                options.put("prealloc", true);
            }
            List<JsonValue> nodes = new ArrayList<>();
            hostNodes.forEach(node -> nodes.add(JsonNumber.of(node)));
            return options.put("host-nodes", new JsonArray(nodes)).put("policy", "bind").build();
        }
    }

    /** A thread that does requests of disks. */
    record IoThread(String id) implements ObjectOption {
        @Override
        public List<String> words() {
            return List.of("-object", Options.of("iothread").with("id", id).toString());
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
