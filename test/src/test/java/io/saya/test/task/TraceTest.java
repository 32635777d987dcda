package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.saya.proto.containerd.task.KillRequest;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.test.cri.Scraped;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.wire.Metadata;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The traces of a real sandbox, at a collector that reads OTLP's own messages. */
@WithProduct
final class TraceTest extends ShimSuite {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLER = "00f067aa0ba902b7";

    /** Takes OTLP over HTTP, as a collector does. */
    private static final class Collector implements AutoCloseable {
        private final HttpServer server;
        private final List<Span> spans = new CopyOnWriteArrayList<>();

        Collector() throws IOException {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/v1/traces", this::take);
            server.start();
        }

        private void take(HttpExchange exchange) throws IOException {
            try (exchange) {
                ExportTraceServiceRequest.parseFrom(exchange.getRequestBody().readAllBytes())
                        .getResourceSpansList()
                        .forEach(
                                resource ->
                                        resource.getScopeSpansList()
                                                .forEach(
                                                        scope ->
                                                                spans.addAll(
                                                                        scope.getSpansList())));
                exchange.sendResponseHeaders(200, -1);
            }
        }

        int port() {
            return server.getAddress().getPort();
        }

        /** The span of this name, waited for. */
        Span span(String name) {
            assertThat(Wait.until(LIMIT, () -> named(name) != null))
                    .as(() -> name + " among " + spans.stream().map(Span::getName).toList())
                    .isTrue();
            return java.util.Objects.requireNonNull(named(name));
        }

        private @org.jspecify.annotations.Nullable Span named(String name) {
            return spans.stream()
                    .filter(span -> span.getName().equals(name))
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private Shim traced(int port, String id)
            throws IOException, TtrpcException, InterruptedException {
        var file = directory().resolve(id + ".toml");
        Files.writeString(
                file,
                "[runtime]\nenable_tracing = true\njaeger_endpoint = \"http://127.0.0.1:%d\"\n"
                        .formatted(port));
        return startIn("", Map.of("SAYA_CONF_FILE", file.toString()), id, "sleep", "1000");
    }

    @Test
    void theSpansOfASandboxsLifeReachACollector() throws Exception {
        try (var collector = new Collector()) {
            try (var shim = traced(collector.port(), newId())) {
                shim.create("", "", "");
                shim.start("");
                shim.exec("e1", "true");
                shim.start("e1");
                assertThat(shim.await("e1")).isZero();
                var _ = shim.delete("e1");
                var _ =
                        shim.tasks()
                                .kill(
                                        KillRequest.newBuilder()
                                                .setId(shim.id())
                                                .setSignal(9)
                                                .build(),
                                        CallOptions.timeout(Shim.LIMIT)
                                                .withMetadata(
                                                        Metadata.of(
                                                                "traceparent",
                                                                "00-%s-%s-01"
                                                                        .formatted(
                                                                                TRACE, CALLER))));
                assertThat(shim.await("")).isEqualTo(137);
                var _ = shim.delete("");
            }
            for (var name : List.of("create", "exec", "delete")) {
                var span = collector.span(name);
                assertThat(span.getKind()).as(name).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
                assertThat(span.getEndTimeUnixNano())
                        .as(name)
                        .isGreaterThan(span.getStartTimeUnixNano());
            }
            var kill = collector.span("kill");
            assertThat(hex(kill.getTraceId())).isEqualTo(TRACE);
            assertThat(hex(kill.getParentSpanId())).isEqualTo(CALLER);
            for (var name : List.of("kill guest", "kill VM")) {
                var part = collector.span(name);
                assertThat(hex(part.getTraceId())).as(name).isEqualTo(TRACE);
                assertThat(part.getParentSpanId()).as(name).isEqualTo(kill.getSpanId());
            }
            phasesAreParts(collector);
        }
    }

    /** The start of the sandbox has each of its phases, one after the other. */
    private static void phasesAreParts(Collector collector) {
        var kernel = collector.span("start kernel");
        var whole =
                collector.spans.stream()
                        .filter(span -> span.getSpanId().equals(kernel.getParentSpanId()))
                        .findFirst()
                        .orElseThrow();
        assertThat(whole.getName()).isEqualTo("start");
        assertThat(whole.getParentSpanId()).isEqualTo(ByteString.EMPTY);
        var end = whole.getStartTimeUnixNano();
        for (var phase : List.of("configuration", "qemu spawn", "kernel", "agent", "container")) {
            var span = collector.span("start " + phase);
            assertThat(span.getParentSpanId()).as(phase).isEqualTo(whole.getSpanId());
            assertThat(span.getStartTimeUnixNano()).as(phase).isGreaterThanOrEqualTo(end);
            end = span.getEndTimeUnixNano();
        }
        assertThat(end).isEqualTo(whole.getEndTimeUnixNano());
        assertThat(kernel.getEndTimeUnixNano() - kernel.getStartTimeUnixNano())
                .as("a kernel does not boot in no time")
                .isGreaterThan(Duration.ofMillis(50).toNanos());
    }

    /** One that takes connections and says nothing, which is worse than one that refuses them. */
    @Test
    void aCollectorThatHangsHoldsUpNoCallAndItsSpansAreCounted() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var id = newId();
            try (var shim = traced(silent.getLocalPort(), id)) {
                shim.create("", "", "");
                shim.start("");
                for (int i = 0; i < 5; i++) {
                    var begun = System.nanoTime();
                    shim.exec("e" + i, "true");
                    shim.start("e" + i);
                    assertThat(shim.await("e" + i)).isZero();
                    var _ = shim.delete("e" + i);
                    assertThat(Duration.ofNanos(System.nanoTime() - begun))
                            .as("the collector's limit is 5 s")
                            .isLessThan(Duration.ofSeconds(4));
                }
                assertThat(
                                Wait.until(
                                        LIMIT,
                                        () ->
                                                Scraped.of(socketOf(id), "")
                                                                .value(
                                                                        "saya_trace_spans_total{result=\"failed\"}")
                                                        > 0))
                        .isTrue();
                shim.kill("", 9);
                assertThat(shim.await("")).isEqualTo(137);
            }
        }
    }

    private static java.nio.file.Path socketOf(String id) {
        return Scraped.runDirectory(id).resolve("saya.sock");
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }
}
