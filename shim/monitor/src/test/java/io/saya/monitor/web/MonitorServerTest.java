package io.saya.monitor.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.monitor.FakeNode;
import io.saya.monitor.NodeMonitor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mindrot.jbcrypt.BCrypt;

/** What clients of the monitor see. */
class MonitorServerTest {
    private static final String METRICS =
            """
            # TYPE saya_scrapes_total counter
            saya_scrapes_total 4
            # TYPE kata_shim_threads gauge
            kata_shim_threads 9
            """;

    private Path base = Path.of("/");
    private FakeNode node = new FakeNode(base);
    private @Nullable NodeMonitor monitor;

    @BeforeEach
    void makeNode() throws Exception {
        base = Files.createTempDirectory(Path.of("/tmp"), "web");
        node = new FakeNode(base);
        node.answering("one", METRICS);
        node.answering("two", METRICS);
        monitor = NodeMonitor.start(node.options());
    }

    @AfterEach
    void removeNode() throws IOException {
        monitor().close();
        node.close();
        FakeNode.remove(base);
    }

    private NodeMonitor monitor() {
        if (monitor == null) {
            throw new IllegalStateException("not started");
        }
        return monitor;
    }

    private MonitorServer serve(Optional<Path> webConfig) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return MonitorServer.start(any, webConfig, monitor());
    }

    private static HttpRequest.Builder request(MonitorServer server, String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.address().getPort() + path));
    }

    private static HttpResponse<String> get(MonitorServer server, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request(server, path).build(), BodyHandlers.ofString());
        }
    }

    @Test
    void metricsAreOfAllOrOfOneOrOfSomeFamilies() throws Exception {
        try (MonitorServer server = serve(Optional.empty())) {
            assertThat(get(server, "/metrics").body())
                    .contains("saya_scrapes_total{sandbox_id=\"one\",")
                    .contains("saya_scrapes_total{sandbox_id=\"two\",")
                    .contains("saya_monitor_sandboxes 2.0\n");
            assertThat(get(server, "/metrics?sandbox=two").body())
                    .doesNotContain("sandbox_id=\"one\"")
                    .contains("kata_shim_threads{sandbox_id=\"two\",");
            assertThat(get(server, "/metrics?filter_family=kata_shim").body())
                    .startsWith("# TYPE kata_shim_threads gauge\n")
                    .doesNotContain("saya_");
            assertThat(get(server, "/metrics?sandbox=three").statusCode()).isEqualTo(404);
        }
    }

    /** Line by line as its shim in Go writes it, and with the names that kata-monitor makes. */
    @Test
    void aSandboxOfKatasIsScrapedAsKataMonitorDoes() throws Exception {
        String text = resource("/io/saya/monitor/kata-shim.txt");
        node.kataSandboxInPieces("three", text);
        try (MonitorServer server = serve(Optional.empty())) {
            String all = get(server, "/metrics?sandbox=three").body();
            List<String> told =
                    all.lines()
                            .filter(line -> !line.startsWith("#") && !line.contains("_monitor_"))
                            .filter(line -> line.contains("sandbox_id=\"three\""))
                            .map(
                                    line ->
                                            line.replaceAll(
                                                    "sandbox_id=\"three\"(,cri_[^,}]*)*,?", ""))
                            .map(line -> line.replace("{}", ""))
                            .toList();
            List<String> meant =
                    text.lines()
                            .filter(line -> !line.startsWith("#"))
                            .map(line -> line.replaceFirst("^(go|process)_", "kata_shim_$1_"))
                            .toList();
            assertThat(names(told)).containsExactlyInAnyOrderElementsOf(names(meant));
            assertThat(told)
                    .contains(
                            "kata_shim_go_gc_duration_seconds{quantile=\"0.5\"} 8.4251E-5",
                            "kata_agent_proc_status{item=\"vmrss\"} 11268");
            assertThat(all)
                    .contains("# TYPE kata_shim_go_gc_duration_seconds summary\n")
                    .contains("# TYPE kata_shim_rpc_durations_histogram_milliseconds histogram\n")
                    .contains("runtime=\"kata\"")
                    .contains("saya_monitor_lines_dropped_total 0.0\n");
        }
    }

    /** While nodes are in migration it has to show those as well. */
    @Test
    void whatKatasDashboardAsksForIsThereOfKatasSandboxes() throws Exception {
        node.kataSandboxInPieces("three", resource("/io/saya/monitor/kata-shim.txt"));
        Path queries = Path.of("../../packaging/observability/grafana/kata-dashboard.queries");
        Pattern selector = Pattern.compile("(kata_[a-z_]+) ?(?:\\{([a-z]+)(=~?)\"([^\"]*)\"\\})?");
        Set<String> missing = new TreeSet<>();
        try (MonitorServer server = serve(Optional.empty())) {
            List<String> told =
                    get(server, "/metrics?sandbox=three")
                            .body()
                            .lines()
                            .filter(line -> line.contains("sandbox_id=\"three\""))
                            .toList();
            for (String query : Files.readAllLines(queries)) {
                // What Saya's own sandboxes cannot have is behind this mark.
                Matcher asked = selector.matcher(query.replaceFirst("^#none kata", "kata"));
                while (!query.startsWith("# ") && asked.find()) {
                    // The monitor's own, and what Kata has in its dashboard alone.
                    if (asked.group(1).startsWith("kata_monitor_")
                            || asked.group(1).equals("kata_shim_netdev")) {
                        continue;
                    }
                    String value = asked.group(4) == null ? "" : asked.group(4);
                    Pattern wanted =
                            Pattern.compile(
                                    asked.group(3) == null
                                            ? ".*"
                                            : ".*[{,]" + asked.group(2) + "=\"(" + value + ")\".*");
                    if (told.stream()
                            .noneMatch(
                                    line ->
                                            line.startsWith(asked.group(1) + "{")
                                                    && wanted.matcher(line).matches())) {
                        missing.add(asked.group());
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    /** Names and labels, without the values, which are written otherwise here. */
    private static List<String> names(List<String> lines) {
        return lines.stream().map(line -> line.substring(0, line.lastIndexOf(' '))).toList();
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = MonitorServerTest.class.getResourceAsStream(name)) {
            return new String(
                    java.util.Objects.requireNonNull(in, name).readAllBytes(),
                    StandardCharsets.UTF_8);
        }
    }

    @Test
    void answersAreCompressedForWhoTakesThat() throws Exception {
        try (MonitorServer server = serve(Optional.empty());
                HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<byte[]> answer =
                    client.send(
                            request(server, "/metrics")
                                    .header("Accept-Encoding", "deflate, gzip;q=0.5")
                                    .build(),
                            BodyHandlers.ofByteArray());
            assertThat(answer.headers().firstValue("Content-Encoding")).hasValue("gzip");
            try (InputStream plain = new GZIPInputStream(new ByteArrayInputStream(answer.body()))) {
                assertThat(new String(plain.readAllBytes(), StandardCharsets.UTF_8))
                        .contains("saya_scrapes_total{sandbox_id=\"two\",");
            }
        }
    }

    @Test
    void peopleGetAPageAndPrograms() throws Exception {
        try (MonitorServer server = serve(Optional.empty())) {
            HttpResponse<String> page = get(server, "/");
            assertThat(page.body()).contains("<title>Saya: sandboxes of this node</title>");
            assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                    .startsWith("default-src 'none'");
            assertThat(get(server, "/page.js").statusCode()).isEqualTo(200);
            assertThat(get(server, "/page.css").statusCode()).isEqualTo(200);
            assertThat(get(server, "/healthz").body()).isEqualTo("ok\n");
            JsonArray sandboxes = (JsonArray) Json.parse(get(server, "/sandboxes?fresh").body());
            assertThat(sandboxes.objects())
                    .extracting(one -> one.string("id").orElse(""))
                    .containsExactly("one", "two");
            assertThat(get(server, "/other").statusCode()).isEqualTo(404);
            assertThat(get(server, "/metrics/more").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void nothingCanBeChanged() throws Exception {
        try (MonitorServer server = serve(Optional.empty());
                HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    client.send(
                            request(server, "/metrics")
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(405);
        }
    }

    /** 10 s for a request, at the next look of the server's clock, which ticks every 10 s. */
    @Test
    void aClientThatSendsNothingIsHungUpOn() throws Exception {
        try (MonitorServer server = serve(Optional.empty());
                Socket slow =
                        new Socket(server.address().getAddress(), server.address().getPort())) {
            slow.setSoTimeout(60_000);
            slow.getOutputStream()
                    .write(
                            "GET /metrics HTTP/1.1\r\nHost: x\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(get(server, "/healthz").body()).isEqualTo("ok\n");
            assertThat(slow.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void withUsersNobodyElseGetsAnything() throws Exception {
        Path file =
                Files.writeString(
                        base.resolve("web.yml"),
                        "basic_auth_users:\n  prom: "
                                + BCrypt.hashpw("secret", BCrypt.gensalt(4)).replace("$2a$", "$2y$")
                                + "\n");
        try (MonitorServer server = serve(Optional.of(file));
                HttpClient client = HttpClient.newHttpClient()) {
            for (String path : new String[] {"/", "/metrics", "/sandboxes", "/healthz"}) {
                assertThat(get(server, path).statusCode()).as(path).isEqualTo(401);
                assertThat(status(client, server, path, "prom:wrong")).isEqualTo(401);
                assertThat(status(client, server, path, "other:secret")).isEqualTo(401);
                assertThat(status(client, server, path, "prom:secret")).isEqualTo(200);
            }
        }
    }

    private static int status(HttpClient client, MonitorServer server, String path, String user)
            throws Exception {
        String word = Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
        return client.send(
                        request(server, path).header("Authorization", "Basic " + word).build(),
                        BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void tlsIsSpokenWithTheCertificateOfTheFile() throws Exception {
        Process openssl =
                new ProcessBuilder(
                                "openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:prime256v1",
                                "-nodes",
                                "-days",
                                "2",
                                "-subj",
                                "/CN=monitor",
                                "-addext",
                                "subjectAltName=IP:127.0.0.1",
                                "-keyout",
                                base.resolve("key.pem").toString(),
                                "-out",
                                base.resolve("cert.pem").toString())
                        .redirectErrorStream(true)
                        .start();
        openssl.getInputStream().readAllBytes();
        assertThat(openssl.waitFor()).isZero();
        Path file =
                Files.writeString(
                        base.resolve("web.yml"),
                        """
                        tls_server_config:
                          cert_file: cert.pem
                          key_file: key.pem
                          min_version: TLS13
                        """);
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, new TrustManager[] {new AnyServer()}, new SecureRandom());
        try (MonitorServer server = serve(Optional.of(file));
                HttpClient client = HttpClient.newBuilder().sslContext(trusting).build()) {
            URI uri = URI.create("https://127.0.0.1:" + server.address().getPort() + "/metrics");
            HttpResponse<String> answer =
                    client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
            assertThat(answer.body()).contains("saya_scrapes_total{sandbox_id=\"one\",");
            assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
        }
    }

    @Test
    void aFileThatIsNotUnderstoodStopsTheStart() throws Exception {
        Path file = base.resolve("web.yml");
        Files.writeString(file, "basic_auth_user:\n  a: b\n");
        assertThatThrownBy(() -> serve(Optional.of(file)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("basic_auth_user is not supported")
                .hasMessageContaining("basic_auth_users");
        Files.writeString(file, "basic_auth_users:\n  a: plain\n");
        assertThatThrownBy(() -> serve(Optional.of(file))).hasMessageContaining("no bcrypt hash");
        Files.writeString(file, "tls_server_config:\n  cert_file: a\n");
        assertThatThrownBy(() -> serve(Optional.of(file)))
                .hasMessageContaining("tls_server_config.key_file is missing");
        Files.writeString(file, "[");
        assertThatThrownBy(() -> serve(Optional.of(file))).isInstanceOf(IOException.class);
    }

    /** The test has made the certificate itself; whether it is trusted is the client's business. */
    private static final class AnyServer extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(
                X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkServerTrusted(
                X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
