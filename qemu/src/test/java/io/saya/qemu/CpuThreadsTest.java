package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuThreadsTest {
    @TempDir Path tasks;

    private void thread(String host, String inside) throws IOException {
        Files.writeString(
                Files.createDirectory(tasks.resolve(host)).resolve("status"),
                "Name:\tCPU 0/TCG\nPid:\t" + host + "\nNSpid:\t" + inside + "\nThreads:\t3\n");
    }

    @Test
    void theyAreTheHostsInTheOrderOfTheCpus() throws IOException {
        thread("900", "900\t1");
        thread("903", "903\t4");
        thread("905", "905\t6");
        assertThat(
                        CpuThreads.translated(
                                Json.parse(
                                        "[{\"cpu-index\":1,\"thread-id\":6},"
                                                + "{\"cpu-index\":0,\"thread-id\":4}]"),
                                tasks))
                .containsExactly(903L, 905L);
    }

    @Test
    void withoutANamespaceTheyAreThoseThatQemuTells() throws IOException {
        thread("903", "903");
        assertThat(
                        CpuThreads.translated(
                                Json.parse("[{\"cpu-index\":0,\"thread-id\":903}]"), tasks))
                .containsExactly(903L);
    }

    @Test
    void oneThatIsNotThereIsNamed() throws IOException {
        thread("903", "903\t4");
        assertThatThrownBy(
                        () ->
                                CpuThreads.translated(
                                        Json.parse("[{\"cpu-index\":0,\"thread-id\":5}]"), tasks))
                .hasMessageContaining("no thread 5");
    }
}
