package io.saya.shim.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import io.saya.trace.TraceParent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Spans on their way to a collector that reads OTLP's own messages. */
@Timeout(60)
class SpanExporterTest {
    private record Received(String head, ByteString body) {}

    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private ServerSocket listener;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::serve);
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
    }

    private void serve() {
        while (!listener.isClosed()) {
            try (Socket client = listener.accept()) {
                StringBuilder head = new StringBuilder();
                while (!head.toString().endsWith("\r\n\r\n")) {
                    head.append((char) client.getInputStream().read());
                }
                String length = head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1");
                byte[] body = client.getInputStream().readNBytes(Integer.parseInt(length));
                client.getOutputStream()
                        .write(
                                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                                        .getBytes(StandardCharsets.US_ASCII));
                received.add(new Received(head.toString(), ByteString.copyFrom(body)));
            } catch (IOException e) {
                // The test is over.
            }
        }
    }

    private SpanExporter exporter(int port) {
        return new SpanExporter(
                OtlpEndpoint.of("http://127.0.0.1:" + port, "user", "secret"),
                List.of(Map.entry("service.name", "saya")));
    }

    private static Span span(TraceParent place, String parent, String error) {
        return new Span(
                place,
                parent,
                "kill",
                true,
                new Span.Time(1_000, 2_000),
                List.of(Map.entry("a", "b")),
                error);
    }

    @Test
    void aSpanThatCannotBeWrittenIsNotTheLast() throws Exception {
        SpanExporter exporter = exporter(listener.getLocalPort());
        exporter.add(span(TraceParent.begun(), "no hexadecimal number", ""));
        while (exporter.failed() == 0) {
            Thread.sleep(1);
        }
        exporter.add(span(TraceParent.begun(), "", ""));
        assertThat(received.poll(30, TimeUnit.SECONDS)).isNotNull();
        exporter.close();
    }

    @Test
    void aCollectorReadsWhatWasMeant() throws Exception {
        SpanExporter exporter = exporter(listener.getLocalPort());
        TraceParent root = TraceParent.begun();
        TraceParent child = root.child();
        exporter.add(span(child, root.spanId(), "no such process"));
        Received request = received.poll(30, TimeUnit.SECONDS);
        exporter.close();
        assertThat(request).isNotNull();
        assertThat(request.head())
                .startsWith("POST /v1/traces HTTP/1.1\r\n")
                .contains("Content-Type: application/x-protobuf\r\n")
                .contains("Authorization: Basic dXNlcjpzZWNyZXQ=\r\n");
        ResourceSpans spans =
                ExportTraceServiceRequest.parseFrom(request.body()).getResourceSpans(0);
        assertThat(spans.getResource().getAttributes(0).getKey()).isEqualTo("service.name");
        assertThat(spans.getResource().getAttributes(0).getValue().getStringValue())
                .isEqualTo("saya");
        var span = spans.getScopeSpans(0).getSpans(0);
        assertThat(HexFormat.of().formatHex(span.getTraceId().toByteArray()))
                .isEqualTo(root.traceId());
        assertThat(HexFormat.of().formatHex(span.getSpanId().toByteArray()))
                .isEqualTo(child.spanId());
        assertThat(HexFormat.of().formatHex(span.getParentSpanId().toByteArray()))
                .isEqualTo(root.spanId());
        assertThat(span.getName()).isEqualTo("kill");
        assertThat(span.getKind()).isEqualTo(SpanKind.SPAN_KIND_SERVER);
        assertThat(span.getStartTimeUnixNano()).isEqualTo(1_000);
        assertThat(span.getEndTimeUnixNano()).isEqualTo(2_000);
        assertThat(span.getAttributes(0).getValue().getStringValue()).isEqualTo("b");
        assertThat(span.getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_ERROR);
        assertThat(span.getStatus().getMessage()).isEqualTo("no such process");
        assertThat(span.getUnknownFields().asMap()).isEmpty();
        assertThat(exporter.exported()).isEqualTo(1);
    }

    @Test
    void aCollectorThatIsAwayBlocksNobodyAndEachSpanIsCounted() throws Exception {
        int port = listener.getLocalPort();
        listener.close();
        SpanExporter exporter = exporter(port);
        int spans = 5_000;
        for (int i = 0; i < spans; i++) {
            exporter.add(span(TraceParent.begun(), "", ""));
        }
        assertThat(exporter.dropped()).isGreaterThanOrEqualTo(spans - SpanExporter.WAITING - 512);
        exporter.close();
        assertThat(exporter.exported()).isZero();
        assertThat(exporter.failed()).isPositive();
    }

    @Test
    void anEndpointThatIsNoneIsNamed() {
        assertThatThrownBy(() -> OtlpEndpoint.of("https://x/", "", ""))
                .hasMessageContaining("https://x/")
                .hasMessageContaining("expected");
        assertThat(OtlpEndpoint.of("http://jaeger:14268/api/traces", "", "").path())
                .isEqualTo("/v1/traces");
        assertThat(OtlpEndpoint.of("", "", "").port()).isEqualTo(4318);
    }
}
