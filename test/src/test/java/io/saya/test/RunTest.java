package io.saya.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** One container: what it prints and takes, and how it ends. */
@WithProduct
final class RunTest extends Suite {

    @Test
    void bothOutputsAndTheStatusComeBack() {
        var ran = run(newId(), "sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(ran.status()).as(ran.err()).isEqualTo(7);
        assertThat(ran.out()).isEqualTo("out\n");
        assertThat(ran.err()).contains("err\n");
    }

    @Test
    void aMillionLinesArriveCompleteAndInOrder() {
        var ran = run(newId(), "seq", "1", "1000000").succeeded();
        var expected = 1;
        for (var line : (Iterable<String>) ran.out().lines()::iterator) {
            assertThat(line).isEqualTo(Integer.toString(expected++));
        }
        assertThat(expected).isEqualTo(1_000_001);
    }

    @Test
    void aHundredMebibytesOfInputArriveWhole() throws IOException, NoSuchAlgorithmException {
        var input = containerd().directory().resolve("input");
        var sum = MessageDigest.getInstance("SHA-256");
        var random = new Random(7);
        try (var out = Files.newOutputStream(input)) {
            var block = new byte[1 << 20];
            for (int i = 0; i < 100; i++) {
                random.nextBytes(block);
                sum.update(block);
                out.write(block);
            }
        }
        var id = newId();
        var ran =
                Ran.run(
                        LIMIT,
                        input,
                        Map.of(),
                        containerd()
                                .command(
                                        "run",
                                        "--rm",
                                        "--runtime",
                                        Containerd.runtime(),
                                        Containerd.IMAGE,
                                        id,
                                        "sha256sum"));
        assertThat(ran.succeeded().out()).startsWith(HexFormat.of().formatHex(sum.digest()));
    }

    @Test
    void aMissingCommandIsNamed() {
        var ran = run(newId(), "no-such-command");
        assertThat(ran.status()).isNotZero();
        assertThat(ran.err()).contains("no-such-command");
    }

    @Test
    void aMissingRootIsNamed() {
        var id = newId();
        var ran =
                ctr(
                        "run",
                        "--rm",
                        "--runtime",
                        Containerd.runtime(),
                        "--rootfs",
                        containerd().directory() + "/no-such-root",
                        id,
                        "true");
        assertThat(ran.status()).isNotZero();
        assertThat(ran.err()).contains("no-such-root");
    }

    @Test
    void bindMountsOfAFileAndADirectoryAndOnlyForReadingWhereAsked() throws IOException {
        var directory = Files.createDirectory(containerd().directory().resolve("shared"));
        var file = Files.writeString(containerd().directory().resolve("file"), "of the host\n");
        var ran =
                ctr(
                        "run",
                        "--rm",
                        "--runtime",
                        Containerd.runtime(),
                        "--mount",
                        "type=bind,src=" + directory + ",dst=/shared,options=rbind:rw",
                        "--mount",
                        "type=bind,src=" + file + ",dst=/tmp/file,options=rbind:ro",
                        Containerd.IMAGE,
                        newId(),
                        "sh",
                        "-c",
                        "cat /tmp/file; echo of the guest > /shared/out; ! echo no 2>/dev/null > /tmp/file");
        assertThat(ran.succeeded().out()).isEqualTo("of the host\n");
        assertThat(directory.resolve("out")).hasContent("of the guest\n");
        assertThat(file).hasContent("of the host\n");
    }

    @Test
    void tenAtOnceStartRunAndGo() throws Exception {
        List<Future<Ran>> all = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 10; i++) {
                var id = newId();
                all.add(threads.submit(() -> run(id, "sh", "-c", "echo " + id + "; exit 3")));
            }
        }
        for (var ran : all) {
            assertThat(ran.get().status()).as(ran.get().err()).isEqualTo(3);
        }
    }
}
