package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Names by a server on the loopback of the container's network namespace, as Docker's networks have
 * it. A program in the place of dockerd listens there and knows one name.
 */
@WithProduct
final class LateNamesTest extends ShimSuite {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration COMMAND = Duration.ofSeconds(20);
    private static final String DOCKERS = "nameserver 127.0.0.11\noptions ndots:0\n";

    /** Answers 192.0.2.77 for an address of version 4, and that there is none for others. */
    private static final String SERVER =
            """
            import socket, struct
            server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            server.bind(("127.0.0.11", 53))
            print("listening", flush=True)
            while True:
                question, client = server.recvfrom(4096)
                end = question.index(0, 12) + 5
                known = question[12:end - 4] == b"\\x05other\\0" and question[end - 4:end - 2] == b"\\0\\1"
                record = struct.pack(">HHHIH4B", 0xc00c, 1, 1, 60, 4, 192, 0, 2, 77) if known else b""
                server.sendto(question[:2] + struct.pack(">5H", 0x8180, 1, int(known), 0, 0) + question[12:end] + record, client)
            """;

    @Test
    void theServerOfTheNamespaceAnswersInTheGuest() throws Exception {
        var file = Files.writeString(directory().resolve("resolv.conf"), DOCKERS);
        try (var shim = startResolving(file, "sh", "-c", "nslookup other >/found; sleep 1000")) {
            var namespace = "/proc/" + shim.createdPid() + "/ns/net";
            try (var _ = serve(namespace)) {
                shim.start("");
                var found = directory().resolve("rootfs/found");
                assertThat(Wait.until(SOON, () -> read(found).contains("192.0.2.77")))
                        .as(read(found))
                        .isTrue();
                assertThat(inGuest(shim, "nslookup another"))
                        .contains("127.0.0.11")
                        .doesNotContain("192.0.2.77");
                // As many at once as one container hardly asks.
                assertThat(
                                inGuest(
                                        shim,
                                        "for i in $(seq 40); do nslookup other >/tmp/$i & done; wait;"
                                                + " grep -l 192.0.2.77 /tmp/* | wc -l"))
                        .isEqualTo("40\n");
            }
            shim.kill("", 9);
            assertThat(Host.processes("/proc/self/exe", shim.id())).isEmpty();
        }
    }

    /** {@code docker network connect}: the file is written anew when the container runs. */
    @Test
    void aServerThatComesLater() throws Exception {
        var file = Files.writeString(directory().resolve("resolv.conf"), "nameserver 192.0.2.1\n");
        try (var shim = startResolving(file, "sleep", "1000")) {
            var namespace = "/proc/" + shim.createdPid() + "/ns/net";
            shim.start("");
            try (var _ = serve(namespace)) {
                Files.writeString(file, DOCKERS);
                host("nsenter --net=" + namespace + " ip addr add 10.79.20.1/24 dev lo");
                assertThat(
                                Wait.until(
                                        SOON,
                                        () ->
                                                inGuest(shim, "nslookup other")
                                                        .contains("192.0.2.77")))
                        .isTrue();
            }
        }
    }

    /** As Docker does: what was seen of the file when it was mounted does not count any more. */
    @Test
    void aFileThatIsWrittenBetweenCreateAndStart() throws Exception {
        var file = Files.writeString(directory().resolve("resolv.conf"), "");
        var text = "nameserver 192.0.2.1\nsearch example.org\n";
        try (var shim =
                startResolving(file, "sh", "-c", "cat /etc/resolv.conf >/seen; sleep 1000")) {
            shim.create("", "", "");
            Files.writeString(file, text);
            shim.start("");
            var seen = directory().resolve("rootfs/seen");
            assertThat(Wait.until(SOON, () -> !read(seen).isEmpty())).isTrue();
            assertThat(read(seen)).isEqualTo(text);
        }
    }

    /** A server in the network namespace; ends it when closed. */
    private static AutoCloseable serve(String namespace) throws IOException {
        host("nsenter --net=" + namespace + " ip link set lo up");
        var server =
                new ProcessBuilder("nsenter", "--net=" + namespace, "python3", "-c", SERVER)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        assertThat(server.inputReader().readLine()).isEqualTo("listening");
        return () -> server.destroyForcibly().waitFor();
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** What a command in the container prints. */
    private String inGuest(Shim shim, String command) {
        var file = directory().resolve("rootfs/said" + System.nanoTime());
        try {
            shim.exec("look", "sh", "-c", "{ " + command + "; } >/" + file.getFileName() + " 2>&1");
            shim.start("look");
            shim.await("look");
            shim.delete("look");
            return Files.readString(file);
        } catch (IOException | TtrpcException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static void host(String script) {
        Ran.run(COMMAND, "sh", "-ec", script).succeeded();
    }
}
