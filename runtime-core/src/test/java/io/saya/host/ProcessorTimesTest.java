package io.saya.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProcessorTimesTest {

    /** Three loops on one processor: each waits about twice as long as it runs. */
    @Test
    void aProcessThatSharesItsProcessorWaits() throws Exception {
        List<Process> loops = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                loops.add(
                        new ProcessBuilder("taskset", "-c", "0", "sh", "-c", "while :; do :; done")
                                .start());
            }
            long pid = loops.getFirst().pid();
            ProcessorTimes times;
            do {
                Thread.onSpinWait();
                times = ProcessorTimes.of(pid).orElse(null);
            } while (times == null || times.ran().toMillis() < 100);
            assertThat(times.waited()).isGreaterThan(times.ran().dividedBy(2));
        } finally {
            for (Process loop : loops) {
                loop.destroyForcibly().waitFor();
            }
        }
    }

    /** A thread is called like the file of its program until it says otherwise. */
    @Test
    void ofVirtualProcessorsCountThreadsOfThatNameOnly(@TempDir Path directory) throws Exception {
        Path named = Files.createSymbolicLink(directory.resolve("CPU 0"), Path.of("/bin/sh"));
        Process vcpu = new ProcessBuilder(named.toString(), "-c", "while :; do :; done").start();
        Process other = new ProcessBuilder("sh", "-c", "while :; do :; done").start();
        try {
            while (ProcessorTimes.ofVcpus(vcpu.pid()).isEmpty()
                    || ProcessorTimes.of(other.pid()).isEmpty()) {
                Thread.onSpinWait();
            }
            assertThat(ProcessorTimes.ofVcpus(other.pid())).isEmpty();
        } finally {
            vcpu.destroyForcibly().waitFor();
            other.destroyForcibly().waitFor();
        }
    }

    /** As proc(5) has them; a name may hold anything, also what looks like its end. */
    @Test
    void aThreadThatTheKernelHoldsUpCountsWhereTheGuestWaitsForIt() {
        assertThat(ProcessorTimes.engaged("12 (CPU 0/TCG) R 1 1", 10)).isTrue();
        assertThat(ProcessorTimes.engaged("12 (CPU 0/TCG) D 1 1", 10)).isTrue();
        assertThat(ProcessorTimes.engaged("10 (qemu-system-x86) D 1 1", 10)).isTrue();
        assertThat(ProcessorTimes.engaged("12 (worker) D 1 1", 10)).isFalse();
        assertThat(ProcessorTimes.engaged("12 (CPU 0/TCG) S 1 1", 10)).isFalse();
        assertThat(ProcessorTimes.engaged("12 (x) R 1) S 1 1", 10)).isFalse();
        assertThat(ProcessorTimes.engaged("", 10)).isFalse();
    }

    @Test
    void aProcessThatHasEndedHasNone() throws IOException, InterruptedException {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        assertThat(ProcessorTimes.of(process.pid())).isEmpty();
    }
}
