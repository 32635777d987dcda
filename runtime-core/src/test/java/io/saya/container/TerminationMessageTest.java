package io.saya.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left for a pod's status, and where. */
final class TerminationMessageTest {
    @TempDir private Path directory;
    private Path file;

    @BeforeEach
    void aFileOfTheKubelets() throws IOException {
        file = Files.createFile(directory.resolve("termination"));
        mounted("/dev/termination-log", file, "");
    }

    private void mounted(String place, Path source, String annotations) throws IOException {
        Files.writeString(
                directory.resolve("config.json"),
                """
                {"annotations": {%s}, "mounts": [
                  {"destination": "/dev/shm", "type": "tmpfs", "source": "shm"},
                  {"destination": "%s", "type": "bind", "source": "%s", "options": ["rbind", "rw"]}]}
                """
                        .formatted(annotations, place, source));
    }

    @Test
    void itIsInTheFileThatIsEmpty() {
        TerminationMessage.leave(directory, "out of memory");
        assertThat(file).hasContent("out of memory");
        TerminationMessage.leave(directory, "of another kind");
        assertThat(file).hasContent("out of memory");
    }

    @Test
    void theFileMayBeElsewhere() throws IOException {
        mounted(
                "/var/log/last",
                file,
                "\"io.kubernetes.container.terminationMessagePath\": \"/var/log/last\"");
        TerminationMessage.leave(directory, "out of memory");
        assertThat(file).hasContent("out of memory");
    }

    @Test
    void itIsNoLongerThanIsShown() {
        TerminationMessage.leave(directory, "x".repeat(5000));
        assertThat(file).hasSize(4096);
    }

    @Test
    void nothingIsWrittenThroughALinkOrIntoWhatIsNoFile() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        mounted("/dev/termination-log", link, "");
        TerminationMessage.leave(directory, "out of memory");
        mounted("/dev/termination-log", directory, "");
        TerminationMessage.leave(directory, "out of memory");
        mounted("/elsewhere", file, "");
        TerminationMessage.leave(directory, "out of memory");
        assertThat(file).isEmptyFile();
    }

    @Test
    void aBundleThatIsGoneIsNoFailure() throws IOException {
        Files.delete(directory.resolve("config.json"));
        TerminationMessage.leave(directory, "out of memory");
        assertThat(file).isEmptyFile();
    }
}
