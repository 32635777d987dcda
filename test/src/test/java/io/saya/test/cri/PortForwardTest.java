package io.saya.test.cri;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Port-forward reaches the ports of the guest. containerd's part dials localhost in the pod's
 * network namespace, and so do most of these tests.
 */
@WithProduct
final class PortForwardTest extends NetworkSuite {
    private static final int CONNECTIONS = 200;
    private static final Duration MANY = Duration.ofMinutes(3);
    private static final int LARGE = 2 << 20;

    /** A server of each kind: its port and where it listens. */
    private static final Map<Integer, String> SERVERS =
            new TreeMap<>(Map.of(8080, "127.0.0.1", 8081, "[::1]", 8082, "0.0.0.0", 8083, "[::]"));

    private static final String WEB =
            "mkdir -p /tmp/www/cgi-bin; echo hello from the guest > /tmp/www/index.html;"
                    + " printf '#!/bin/sh\\necho; md5sum\\n' > /tmp/www/cgi-bin/sum;"
                    + " chmod +x /tmp/www/cgi-bin/sum;"
                    + " head -c "
                    + LARGE
                    + " /dev/urandom > /tmp/www/large;";

    private static final String WAIT = " trap 'exit 0' TERM; while :; do sleep 0.1; done";

    @Test
    void serversOfTheGuestAreReachedWhereverTheyListen() throws Exception {
        var node = node(Networks.bridge("net0", 20, 1500));
        var served = served(node);
        var pod = served.pod();
        for (var port : SERVERS.keySet()) {
            assertThat(PortForwardClient.exchange(node, pod, port, "GET / HTTP/1.0\r\n\r\n"))
                    .contains("200 OK")
                    .contains("hello from the guest");
            // containerd dials IPv4 first; IPv6 reaches the guest as well.
            for (var host : List.of("127.0.0.1", "[::1]")) {
                assertThat(get(pod, host + ":" + port + "/")).contains("hello from the guest");
            }
        }
        removed(pod);
    }

    @Test
    void aNewDaemonReachesThemAsWell() throws Exception {
        var node = node(Networks.bridge("net0", 25, 1500));
        var served = served(node);
        var pod = served.pod();
        var _ =
                Ran.run(
                                Duration.ofSeconds(90),
                                System.getProperty("saya.product") + "/bin/saya",
                                "upgrade",
                                pod.id())
                        .succeeded();
        for (var port : SERVERS.keySet()) {
            assertThat(
                            Wait.until(
                                    Duration.ofSeconds(20),
                                    () ->
                                            sh(inPod(pod)
                                                            + "busybox wget -q -O - http://127.0.0.1:"
                                                            + port
                                                            + "/")
                                                    .out()
                                                    .contains("hello from the guest")))
                    .as("port %d", port)
                    .isTrue();
            assertThat(PortForwardClient.exchange(node, pod, port, "GET / HTTP/1.0\r\n\r\n"))
                    .contains("hello from the guest");
        }
        removed(pod);
    }

    @Test
    void largeBodiesTravelBothWays() {
        var node = node(Networks.bridge("net0", 21, 1500));
        var served = served(node);
        var pod = served.pod();
        var file = node.containerd().directory().resolve("body");
        var sum =
                sh("head -c 2000000 /dev/urandom | base64 > " + file + "; md5sum < " + file).out();
        for (var url : List.of("http://127.0.0.1:8080", "http://[::1]:8080")) {
            var wget = inPod(pod) + "busybox wget -q -O - ";
            assertThat(sh(wget + "--post-file " + file + " " + url + "/cgi-bin/sum").out())
                    .isEqualTo(sum);
            assertThat(sh(wget + url + "/large | md5sum").out())
                    .isEqualTo(ok(pod, served.main(), "md5sum < /tmp/www/large"));
        }
        removed(pod);
    }

    @Test
    void largeBodiesTravelBothWaysThroughTheCri() throws Exception {
        var node = node(Networks.bridge("net0", 24, 1500));
        var served = served(node);
        var pod = served.pod();
        var body = new byte[LARGE];
        new Random(5).nextBytes(body);
        var head =
                "POST /cgi-bin/sum HTTP/1.0\r\nContent-Length: %d\r\n\r\n".formatted(body.length);
        var post = new ByteArrayOutputStream();
        post.writeBytes(head.getBytes(US_ASCII));
        post.writeBytes(body);
        assertThat(
                        new String(
                                PortForwardClient.exchange(node, pod, 8080, post.toByteArray()),
                                US_ASCII))
                .contains("200 OK")
                .contains(Outside.sum(body));

        var get = "GET /large HTTP/1.0\r\n\r\n".getBytes(US_ASCII);
        var answer = PortForwardClient.exchange(node, pod, 8080, get);
        assertThat(answer.length).isGreaterThan(LARGE);
        var large = Arrays.copyOfRange(answer, answer.length - LARGE, answer.length);
        assertThat(ok(pod, served.main(), "md5sum < /tmp/www/large")).contains(Outside.sum(large));
        removed(pod);
    }

    @Test
    void aPortAtWhichNobodyListensIsRefused() {
        var node = node(Networks.bridge("net0", 22, 1500));
        var served = served(node);
        var pod = served.pod();
        // A client sees a connection that is broken, not one that ends without a word.
        assertThatThrownBy(() -> PortForwardClient.exchange(node, pod, 8099, "GET /\r\n\r\n"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("reset by peer");
        assertThat(sh(inPod(pod) + "busybox wget -O - http://127.0.0.1:8099/").err())
                .contains("reset by peer");
        removed(pod);
    }

    @Test
    void manyConnectionsAndAnExecLeaveNothingOpen() throws Exception {
        var node = node(Networks.bridge("net0", 23, 1500));
        var served = served(node);
        var pod = served.pod();
        var main = served.main();
        // What the shim opens with the first connection and the first exec, and keeps.
        assertThat(get(pod, "127.0.0.1:8080/")).contains("hello");
        ok(pod, main, "true");
        var before = open(pod);

        var loop =
                "sh -c 'for i in $(seq "
                        + CONNECTIONS
                        + "); do busybox wget -q -O - http://127.0.0.1:8080/ || exit 1; done'";
        assertThat(Ran.run(MANY, "sh", "-c", inPod(pod) + loop).succeeded().out())
                .hasLineCount(CONNECTIONS);
        PortForwardClient.exchange(node, pod, 8080, "GET / HTTP/1.0\r\n\r\n");
        for (var refused = 0; refused < 3; refused++) {
            sh(inPod(pod) + "busybox wget -q -O - http://127.0.0.1:8099/");
        }
        ok(pod, main, "true");

        Wait.until(GONE, () -> open(pod).equals(before));
        assertThat(open(pod)).isEqualTo(before);
        // Nor does the guest's agent hold one that has ended.
        until(pod, main, "! netstat -tn | grep -E '8080.*(ESTABLISHED|CLOSE_WAIT)'");
        removed(pod);
    }

    /** A pod and the container with the servers. */
    private record Served(Pod pod, String main) {}

    private static Served served(Node node) {
        var pod = pod(node);
        var servers = new StringBuilder(WEB);
        for (var server : SERVERS.entrySet()) {
            servers.append(
                    " httpd -p %s:%d -h /tmp/www;".formatted(server.getValue(), server.getKey()));
        }
        var main = pod.started("main", servers + WAIT);
        until(pod, main, "test $(netstat -ltn | grep -c :808) = " + SERVERS.size());
        return new Served(pod, main);
    }

    private static String get(Pod pod, String url) {
        var got = sh(inPod(pod) + "busybox wget -q -O - http://" + url);
        assertThat(got.status()).as("%s: %s", url, got.err()).isZero();
        return got.out();
    }

    /** Lists what each process of the pod's machine has open. */
    private static Map<Long, Descriptors> open(Pod pod) {
        var open = new TreeMap<Long, Descriptors>();
        for (var pid : Host.processes("", pod.id())) {
            open.put(pid, Descriptors.of(pid));
        }
        return open;
    }
}
