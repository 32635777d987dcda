package io.saya.qemu;

import io.saya.hypervisor.VmSpec.Debug;
import io.saya.hypervisor.VmSpec.MemoryDump;
import io.saya.json.JsonObject;
import java.nio.file.Path;
import java.util.Optional;

/** What one daemon tells the next of how a VM is looked into. */
final class DebugWords {

    private DebugWords() {}

    /** The monitor is QEMU's own and needs no daemon. */
    static JsonObject held(Debug debug) {
        JsonObject.Builder held = JsonObject.builder().put("verbose", debug.verbose());
        debug.dump()
                .ifPresent(
                        dump ->
                                held.put("dump", dump.directory().toString())
                                        .put("paging", dump.paging()));
        return held.build();
    }

    static Debug goOn(JsonObject held) {
        return new Debug(
                held.bool("verbose").orElse(false),
                Optional.empty(),
                held.string("dump")
                        .map(
                                directory ->
                                        new MemoryDump(
                                                Path.of(directory),
                                                held.bool("paging").orElse(false))));
    }
}
