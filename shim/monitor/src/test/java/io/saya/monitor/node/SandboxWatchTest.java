package io.saya.monitor.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.monitor.FakeNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SandboxWatchTest {
    @TempDir Path directory;

    @Test
    void aListenerThatFailsHearsOfTheNextSandboxAllTheSame() throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        NodeListener failing =
                new NodeListener() {
                    @Override
                    public void ended(MonitoredSandbox sandbox) {
                        startFailed(sandbox);
                    }

                    @Override
                    public void startFailed(MonitoredSandbox sandbox) {
                        told.add(sandbox.id());
                        throw new IllegalStateException("nobody has thought of it");
                    }
                };
        try (FakeNode node = new FakeNode(directory)) {
            Path first = node.booting("first");
            Path second = node.booting("second");
            try (SandboxWatch watch =
                    SandboxWatch.start(
                            List.of(new RunRoot(node.saya(), SandboxRuntime.SAYA)), failing)) {
                assertThat(watch.all()).hasSize(2);
                remove(first);
                assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo("first");
                remove(second);
                assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo("second");
            }
        }
    }

    private static void remove(Path sandbox) throws Exception {
        Files.delete(sandbox.resolve("record.json"));
        Files.delete(sandbox);
    }
}
