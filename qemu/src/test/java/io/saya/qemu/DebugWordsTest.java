package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.hypervisor.VmSpec.Debug;
import io.saya.hypervisor.VmSpec.MemoryDump;
import io.saya.hypervisor.VmSpec.Monitor;
import io.saya.json.JsonObject;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DebugWordsTest {

    @Test
    void theNextDaemonDumpsAsThisOneWould() {
        MemoryDump dump = new MemoryDump(Path.of("/dumps"), true);
        Debug debug = new Debug(true, Optional.of(Monitor.HMP), Optional.of(dump));
        assertThat(DebugWords.goOn(DebugWords.held(debug)))
                .isEqualTo(new Debug(true, Optional.empty(), Optional.of(dump)));
        assertThat(DebugWords.goOn(DebugWords.held(Debug.NONE))).isEqualTo(Debug.NONE);
        assertThat(DebugWords.goOn(JsonObject.EMPTY)).isEqualTo(Debug.NONE);
    }
}
