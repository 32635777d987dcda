package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.lifecycle.UndoStack;
import io.saya.task.FakeHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A kernel that does not move a process, and what is written down of what stays. */
@Timeout(20)
class SandboxCgroupTest {
    @TempDir Path directory;

    private final CountDownLatch moved = new CountDownLatch(1);

    @Test
    void theStartDoesNotWaitForTheKernel() {
        SandboxCgroup cgroup = stuck(Duration.ofHours(1));
        cgroup.started(new FakeHost(), CompletableFuture.completedFuture(null));
        moved.countDown();
    }

    @Test
    void aCgroupThatCannotBeRemovedYetIsToldOf() throws Exception {
        SandboxCgroup cgroup = stuck(Duration.ofMillis(1));
        assertThatThrownBy(cgroup::release)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the kernel has not moved the guard within PT0.001S");
        cgroup.started(new FakeHost(), CompletableFuture.completedFuture(null));
        assertThatThrownBy(cgroup::release).isInstanceOf(IOException.class);
        moved.countDown();
    }

    @Test
    void theRecordStaysWhereAStepHasFailed() throws Exception {
        UndoStack resources = new UndoStack();
        resources.push("run directory", () -> RunDirectory.remove(directory, resources.failed()));
        resources.push("cgroup", stuck(Duration.ofMillis(1))::release);
        Files.writeString(directory.resolve(SandboxRecord.FILE), "{}");
        Files.writeString(directory.resolve("other"), "");
        resources.unwind((_, _) -> {});
        assertThat(directory.resolve(SandboxRecord.FILE)).exists();
        assertThat(directory.resolve("other")).doesNotExist();
        moved.countDown();
    }

    @Test
    void theDirectoryGoesWhereNoneHas() throws Exception {
        UndoStack resources = new UndoStack();
        Path run = Files.createDirectory(directory.resolve("run"));
        resources.push("run directory", () -> RunDirectory.remove(run, resources.failed()));
        Files.writeString(run.resolve(SandboxRecord.FILE), "{}");
        resources.unwind((_, _) -> {});
        assertThat(run).doesNotExist();
    }

    @Test
    void theHostsNumberOfVfioIsInTheListOfDevices() {
        assertThat(DeviceList.rules(List.of("Character devices:", "  1 mem", "241 vfio", "")))
                .contains("c 1:3 rw", "c 241:* rw")
                .allMatch(rule -> rule.endsWith(" rw") || rule.endsWith(":* m"))
                .doesNotContain("c 1:1 rw", "c 1:* rw");
    }

    private SandboxCgroup stuck(Duration limit) {
        SandboxCgroup cgroup =
                new SandboxCgroup(
                        new SandboxIdentity("test", "pod0", directory, directory),
                        "/none/pod0",
                        true,
                        limit);
        cgroup.begin(
                new Thread("cgroup") {
                    @Override
                    public void run() {
                        try {
                            moved.await();
                        } catch (InterruptedException _) {
                            // The test is over.
                        }
                    }
                });
        return cgroup;
    }
}
