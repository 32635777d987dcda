package io.saya.io;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FileOutputTest {
    private static final ContainerIdentity CONTAINER = new ContainerIdentity("test", "c1");

    @TempDir Path directory;
    private final ScriptedGuest guest = new ScriptedGuest();

    private ProcessStdio open(String stdout, String stderr) {
        return new HostStdio(directory).open(new TaskIo("", stdout, stderr, false), CONTAINER);
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        assertThat(Leftovers.descriptors(directory)).isEmpty();
        Leftovers.assertNone(directory);
    }

    @Test
    void aFileUriIsMadeWithItsDirectoriesAndTakesBothStreams() throws Exception {
        Path file = directory.resolve("a/b/out.log");
        ProcessStdio stdio = open("file://" + file, "file://" + file);
        stdio.attach(guest);
        guest.stdout.print("out\n").end();
        guest.stderr.print("err\n").end();
        stdio.outputEnded().get(10, SECONDS);

        assertThat(Files.readAllLines(file)).containsExactlyInAnyOrder("out", "err");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r--r--");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwxr-xr-x");
        stdio.close();
    }

    @Test
    void stderrFollowsAFileUriOnStdout() throws Exception {
        Path file = directory.resolve("out.log");
        ProcessStdio stdio = open("file://" + file, "");
        stdio.attach(guest);
        guest.stderr.print("err\n");
        guest.ends();
        stdio.outputEnded().get(10, SECONDS);

        assertThat(file).hasContent("err");
        stdio.close();
    }

    @Test
    void anExistingFileIsAppendedTo() throws Exception {
        Path file = Files.writeString(directory.resolve("out.log"), "before\n");
        ProcessStdio stdio = open(file.toString(), "");
        stdio.attach(guest);
        guest.stdout.print("after\n").print(ByteString.copyFrom(new byte[1 << 20])).print("end");
        guest.ends();
        stdio.outputEnded().get(10, SECONDS);

        assertThat(Files.size(file)).isEqualTo("before\nafter\n".length() + (1 << 20) + 3);
        assertThat(Files.readString(file)).startsWith("before\nafter\n").endsWith("end");
        stdio.close();
    }

    @Test
    void aFullDiskDoesNotStopTheProgram() throws Exception {
        ProcessStdio stdio = open("/dev/full", "");
        stdio.attach(new GuestProcess("seq 1 100000"));

        stdio.outputEnded().get(10, SECONDS);
        stdio.close();
    }

    @Test
    void whatCannotBeOpenedIsNamedAndLeavesNothingOpen() throws Exception {
        Path fifo = Peers.fifo(directory, "stdout");
        String missing = directory.resolve("no-such-fifo").toString();
        assertThatThrownBy(() -> open(fifo.toString(), missing))
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        e -> assertThat(e.kind()).isEqualTo(RuntimeFailure.Kind.INVALID_ARGUMENT))
                .hasMessageContaining("stderr: " + missing)
                .hasMessageContaining("does not exist (expected: a FIFO or a file)");
        assertThatThrownBy(() -> open(directory.toString(), ""))
                .hasMessageContaining("is a directory or a socket");
        assertThatThrownBy(
                        () ->
                                new HostStdio(directory)
                                        .open(
                                                new TaskIo(missing, fifo.toString(), "", false),
                                                CONTAINER))
                .hasMessageContaining("stdin: " + missing);
    }
}
