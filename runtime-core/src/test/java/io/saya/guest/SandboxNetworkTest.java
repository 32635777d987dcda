package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.config.RuntimeConfig;
import io.saya.config.load.ConfigLoader;
import io.saya.lifecycle.UndoStack;
import io.saya.task.FakeHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxNetworkTest {
    @TempDir Path directory;

    /** Also where the guest would have got no interface: it was to have a network. */
    @Test
    void aDirectlyAttachedNetworkIsRefusedWhateverTheNamespace() throws Exception {
        RuntimeConfig config =
                new ConfigLoader(directory)
                        .parse("[runtime]\ndan_conf = \"" + directory + "\"\n")
                        .config();
        Files.createFile(directory.resolve("pod0.json"));
        SandboxIdentity identity = new SandboxIdentity("test", "pod0", directory, directory);
        assertThatThrownBy(
                        () ->
                                SandboxNetwork.prepare(
                                        new FakeHost(),
                                        Optional.empty(),
                                        identity,
                                        config,
                                        SandboxCgroup.none(),
                                        new UndoStack()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(directory.resolve("pod0.json").toString());
    }
}
