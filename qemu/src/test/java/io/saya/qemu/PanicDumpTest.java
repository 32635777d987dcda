package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.hypervisor.VmSpec.MemoryDump;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a dump does to the daemon. What it writes: {@link QemuVmTest}. */
@Timeout(60)
class PanicDumpTest {

    @TempDir Path directory;

    /** A directory that hangs does so in the kernel, where a virtual thread keeps its carrier. */
    @Test
    void whatHangsKeepsAThreadOfItsOwn() throws Exception {
        CountDownLatch goesOn = new CountDownLatch(1);
        BlockingQueue<Thread> writers = new LinkedBlockingQueue<>();
        PanicDump dump =
                new PanicDump(
                        new MemoryDump(directory, false),
                        "s",
                        new Living(),
                        new Handover(new HandingHost(), directory.resolve("monitor"), 1));
        dump.take(
                () -> {
                    writers.add(Thread.currentThread());
                    hang(goesOn);
                    return 1;
                },
                "",
                Duration.ofMillis(100));
        Thread writer = Objects.requireNonNull(writers.poll(30, TimeUnit.SECONDS));
        goesOn.countDown();
        assertThat(writer.isVirtual()).isFalse();
        assertThat(writer.isDaemon()).as("the daemon can end meanwhile").isTrue();
        writer.join();
    }

    private static void hang(CountDownLatch until) {
        try {
            until.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static final class Living implements HostProcess {
        @Override
        public long pid() {
            return 1;
        }

        @Override
        public CompletableFuture<ProcessExit> exited() {
            return new CompletableFuture<>();
        }

        @Override
        public void signal(int number) {}

        @Override
        public String outputTail() {
            return "";
        }
    }
}
