package io.saya.test.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.WithProduct;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the monitor costs the node. */
@WithProduct
@Timeout(300)
final class MonitorFootprintTest {
    private static final int SANDBOXES = 250;

    @TempDir Path directory;

    /**
     * Sockets that answer what a sandbox does, 1,100 series; no machine that runs tests has room
     * for more.
     */
    @Test
    void aHundredMegabytesAreEnoughFor250Sandboxes() throws IOException {
        Path runs = Files.createTempDirectory(Path.of("/tmp"), "many");
        List<ServerSocketChannel> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < SANDBOXES; i++) {
                sockets.add(sandbox(runs.resolve("s" + i), i));
            }
            try (Daemon monitor =
                    Daemon.start(
                            directory,
                            Map.of("SAYA_RUN_DIR", runs.toString()),
                            "/healthz",
                            List.of(
                                    Path.of(System.getProperty("saya.product"), "bin", "saya")
                                            .toString(),
                                    "monitor",
                                    "--listen-address",
                                    "127.0.0.1:%d",
                                    "--runtime-endpoint",
                                    "/nowhere"))) {
                for (int i = 0; i < 10; i++) {
                    String all = Http.get(monitor.uri("/metrics"));
                    assertThat(all.lines().filter(line -> line.startsWith("saya_last{")))
                            .hasSize(SANDBOXES);
                    assertThat(all).contains("saya_monitor_lines_dropped_total 0.0\n");
                }
                long mib = residentKib(monitor.pid()) / 1024;
                System.out.println("monitor of 250 sandboxes: " + mib + " MiB resident");
                assertThat(mib).isLessThanOrEqualTo(100);
            }
        } finally {
            for (ServerSocketChannel socket : sockets) {
                socket.close();
            }
            try (var files = Files.walk(runs)) {
                for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private static ServerSocketChannel sandbox(Path run, int number) throws IOException {
        Files.createDirectories(run);
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        socket.bind(UnixDomainSocketAddress.of(run.resolve("saya.sock")), 16);
        Files.writeString(
                run.resolve("record.json"),
                "{\"version\": 1, \"namespace\": \"k8s.io\", \"id\": \"%064x\", \"bundle\": \"/\"}"
                        .formatted(number));
        Thread.ofVirtual().start(() -> serve(socket, number));
        return socket;
    }

    private static void serve(ServerSocketChannel socket, int number) {
        while (socket.isOpen()) {
            try (SocketChannel client = socket.accept()) {
                client.read(ByteBuffer.allocate(4096));
                byte[] body = metrics(number).getBytes(StandardCharsets.UTF_8);
                ByteBuffer head =
                        StandardCharsets.US_ASCII.encode(
                                "HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
                client.write(head);
                ByteBuffer left = ByteBuffer.wrap(body);
                while (left.hasRemaining()) {
                    client.write(left);
                }
            } catch (IOException e) {
                // The test has ended.
            }
        }
    }

    private static String metrics(int number) {
        StringBuilder text = new StringBuilder();
        for (int family = 0; family < 20; family++) {
            text.append("# TYPE saya_call").append(family).append("_seconds histogram\n");
            for (int i = 0; i < 17; i++) {
                text.append(
                        "saya_call%d_seconds_bucket{action=\"Act\",outcome=\"ok\",le=\"%d\"} %d\n"
                                .formatted(family, 1 << i, i * number));
            }
            text.append("saya_call")
                    .append(family)
                    .append("_seconds_count{action=\"Act\",outcome=\"ok\"} 1\n");
        }
        for (int i = 0; i < 700; i++) {
            text.append(
                    "kata_guest_item%d{item=\"number_%d\",interface=\"eth0\"} %d\n"
                            .formatted(i / 20, i, 4097L * i * number));
        }
        for (int i = 0; i < 40; i++) {
            text.append(
                    "saya_container_figure%d{container_id=\"%064x\",container_name=\"app\"} %d.5\n"
                            .formatted(i, number, i));
        }
        return text.append("saya_last 1\n").toString();
    }

    private static long residentKib(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
