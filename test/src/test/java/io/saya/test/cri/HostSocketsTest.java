package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Unix sockets of the host in volumes: {@code forward_sockets}. */
@WithProduct
final class HostSocketsTest extends PodSuite {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Path PLACE = Path.of("/run/saya-test-sockets");
    private static final String ON = "io.katacontainers.config.runtime.forward_sockets";

    private final List<Process> servers = new ArrayList<>();

    @Override
    protected Node newNode() {
        return Node.with(
                """
                [hypervisor.qemu]
                enable_annotations = ["runtime.forward_sockets"]
                [runtime]
                valid_socket_paths = ["%s/*/*.sock"]
                """
                        .formatted(PLACE));
    }

    @BeforeEach
    void makePlace() throws IOException {
        Ran.run(LIMIT, "rm", "-rf", PLACE.toString()).succeeded();
        Files.createDirectories(PLACE.resolve("volume"));
    }

    @AfterEach
    void endServers() throws InterruptedException {
        for (var server : servers) {
            end(server);
        }
        servers.clear();
        Ran.run(LIMIT, "rm", "-rf", PLACE.toString()).succeeded();
    }

    @Test
    void aSocketInAReadOnlyVolumeIsConnectedTo() throws Exception {
        serve("agent.sock", "666");
        serve("private.sock", "600");
        serve("other", "666");
        var pod = pod(config -> config.putAnnotations(ON, "true"));
        var container = started(pod, "main", true);

        assertThat(ask(pod, container, "/volume/agent.sock", 0)).isEqualTo("0:0 question\n");
        assertThat(ask(pod, container, "/volume/agent.sock", 1000))
                .as("as whom the host's socket sees it")
                .isEqualTo("1000:1000 question\n");
        assertThat(ask(pod, container, "/volume/private.sock", 0)).isEqualTo("0:0 question\n");
        assertThat(ask(pod, container, "/volume/private.sock", 1000)).contains("13");
        assertThat(ask(pod, container, "/volume/other", 0))
                .as("what no glob admits")
                .contains("111");
        assertThat(ask(pod, container, "/socket", 0))
                .as("a socket that is a volume itself")
                .isEqualTo("0:0 question\n");
        assertThat(sum(pod, container)).as("of 8 MiB, there and back").isEqualTo("8388608\n");

        // A server that is started anew makes its socket anew; another one comes.
        end(servers.getFirst());
        assertThat(ask(pod, container, "/volume/agent.sock", 0))
                .as("of which only the file is left")
                .isEmpty();
        serve("agent.sock", "666");
        serve("late.sock", "666");
        for (var name : List.of("/volume/agent.sock", "/volume/late.sock", "/socket")) {
            assertThat(
                            Wait.until(
                                    LIMIT,
                                    () -> ask(pod, container, name, 0).equals("0:0 question\n")))
                    .as(name)
                    .isTrue();
        }
        assertThat(ask(pod, container, "/volume/late.sock", 0)).isEqualTo("0:0 question\n");
    }

    /** More than are taken at once, each of which asks when all have connected. */
    @Test
    void manyConnectAtOnce() throws IOException {
        serve("agent.sock", "666");
        var pod = pod(config -> config.putAnnotations(ON, "true"));
        var container = started(pod, "main", true);
        assertThat(
                        sh(
                                pod,
                                container,
                                "for i in $(seq 40); do"
                                        + " (sleep 1; echo $i) | /client /volume/agent.sock & done;"
                                        + " wait"))
                .satisfies(out -> assertThat(out.lines()).hasSize(40));
    }

    @Test
    void withoutItAndInAWritableVolumeNobodyListens() throws IOException {
        serve("agent.sock", "666");
        var off = pod();
        assertThat(ask(off, started(off, "main", true), "/volume/agent.sock", 0)).contains("111");
        var writable = pod(config -> config.putAnnotations(ON, "true"));
        assertThat(ask(writable, started(writable, "main", false), "/volume/agent.sock", 0))
                .contains("111");
    }

    private static void end(Process server) throws InterruptedException {
        server.destroyForcibly().waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Answers each connection with who it is of and what it has sent, once it has sent all. */
    private void serve(String name, String mode) throws IOException {
        var socket = PLACE.resolve("volume").resolve(name);
        Files.deleteIfExists(socket);
        var server =
                new ProcessBuilder(
                                "python3",
                                "-c",
                                """
                                import os, socket, struct, sys, threading
                                def answer(peer):
                                    data = b""
                                    while more := peer.recv(65536):
                                        data += more
                                    who = struct.unpack("3i", peer.getsockopt(1, 17, 12))
                                    peer.sendall(b"%d:%d " % who[1:] + data)
                                    peer.close()
                                server = socket.socket(socket.AF_UNIX)
                                server.bind(sys.argv[1] + ".new")
                                os.chmod(sys.argv[1] + ".new", int(sys.argv[2], 8))
                                server.listen(64)
                                os.rename(sys.argv[1] + ".new", sys.argv[1])
                                while True:
                                    threading.Thread(target=answer, args=(server.accept()[0],)).start()
                                """,
                                socket.toString(),
                                mode)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        servers.add(server);
        assertThat(Wait.until(LIMIT, () -> Files.exists(socket))).as(name).isTrue();
    }

    /** A program that sends its input, ends that direction, and prints what comes back. */
    private Path client() throws IOException {
        var source = PLACE.resolve("client.c");
        Files.writeString(
                source,
                """
                #include <errno.h>
                #include <signal.h>
                #include <stdio.h>
                #include <stdlib.h>
                #include <string.h>
                #include <sys/socket.h>
                #include <sys/un.h>
                #include <unistd.h>
                int main(int count, char **words) {
                    struct sockaddr_un address = {.sun_family = AF_UNIX};
                    static char bytes[65536];
                    ssize_t n;
                    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
                    signal(SIGPIPE, SIG_IGN);
                    strcpy(address.sun_path, words[1]);
                    if (count > 2 && (setgid(atoi(words[2])) != 0 || setuid(atoi(words[2])) != 0)) return 2;
                    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
                        printf("%d\\n", errno);
                        return 0;
                    }
                    while ((n = read(0, bytes, sizeof bytes)) > 0)
                        if (write(fd, bytes, n) != n) break;
                    shutdown(fd, SHUT_WR);
                    while ((n = read(fd, bytes, sizeof bytes)) > 0)
                        if (write(1, bytes, n) != n) return 4;
                    return 0;
                }
                """);
        var program = PLACE.resolve("client");
        if (!Files.exists(program)) {
            Ran.run(LIMIT, "gcc", "-static", "-o", program + ".new", source.toString()).succeeded();
            Files.move(Path.of(program + ".new"), program, StandardCopyOption.ATOMIC_MOVE);
        }
        return program;
    }

    private String started(Pod pod, String name, boolean readOnly) throws IOException {
        var client = client();
        UnaryOperator<io.saya.proto.cri.ContainerConfig.Builder> volumes =
                config -> {
                    Pod.mount(config, PLACE.resolve("volume"), "/volume", readOnly);
                    Pod.mount(config, PLACE.resolve("volume/agent.sock"), "/socket", false);
                    return Pod.mount(config, client, "/client", true);
                };
        return pod.start(
                pod.create(
                        name,
                        config ->
                                volumes.apply(config)
                                        .addCommand("sh")
                                        .addArgs("-c")
                                        .addArgs(Pod.IDLE)));
    }

    private static String ask(Pod pod, String container, String socket, int user) {
        return sh(pod, container, "echo question | /client " + socket + " " + user);
    }

    private static String sum(Pod pod, String container) {
        return sh(
                pod,
                container,
                "dd if=/dev/zero bs=64k count=128 2>&- | /client /volume/agent.sock | tail -c +5 |"
                        + " wc -c");
    }

    private static String sh(Pod pod, String container, String script) {
        var ran = pod.exec(container, "sh", "-ec", script);
        assertThat(ran.status()).as(script + ": " + ran.err()).isZero();
        return ran.out();
    }
}
