package io.saya.monitor.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What sandboxes answer, read strictly and put together. */
class MergedTextTest {

    private static SeriesPool pool() {
        return new SeriesPool(1_000_000, 10_000);
    }

    private static Exposition read(String text) {
        return Exposition.parse(text.getBytes(StandardCharsets.UTF_8), pool(), 1000, false);
    }

    private static String merged(Exposition... expositions) throws IOException {
        MergedText merged = new MergedText();
        for (int i = 0; i < expositions.length; i++) {
            merged.add(expositions[i], "sandbox_id=\"s" + i + "\"", _ -> true);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        merged.writeTo(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void familiesOfAllSandboxesStandTogetherAndEachSampleHasItsSandbox() throws IOException {
        Exposition one =
                read(
                        """
                        # HELP saya_a_total What it counts.
                        # TYPE saya_a_total counter
                        saya_a_total{mode="x}\\"y"} 1 1700000000000
                        saya_a_total 2
                        # TYPE saya_h histogram
                        saya_h_bucket{le="+Inf"} 3
                        saya_h_sum 1.5e-3
                        saya_h_count 3
                        """);
        Exposition two = read("# TYPE saya_a_total counter\nsaya_a_total{} +Inf");
        assertThat(merged(one, two))
                .isEqualTo(
                        """
                        # HELP saya_a_total What it counts.
                        # TYPE saya_a_total counter
                        saya_a_total{sandbox_id="s0",mode="x}\\"y"} 1
                        saya_a_total{sandbox_id="s0"} 2
                        saya_a_total{sandbox_id="s1"} +Inf
                        # TYPE saya_h histogram
                        saya_h_bucket{sandbox_id="s0",le="+Inf"} 3
                        saya_h_sum{sandbox_id="s0"} 0.0015
                        saya_h_count{sandbox_id="s0"} 3
                        """);
    }

    /** Each of them would make Prometheus refuse the whole answer, or lie about another sandbox. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "saya_a{sandbox_id=\"other\"} 1",
                "saya_a{cri_name=\"other\"} 1",
                "saya_a{__name__=\"up\"} 1",
                "saya_a{x=\"1\",x=\"2\"} 1",
                "saya_a{x=\"1\"",
                "saya_a{x=1} 1",
                "saya_a{x=\"1\"} 1 2 3",
                "saya_a{x=\"1\\\"} 1",
                "saya_a{x=\"1\" y=\"2\"} 1",
                "saya_a",
                "saya_a ",
                "saya_a one",
                "saya_a 0x1p3",
                "saya_a 1f",
                "saya_a 1 soon",
                "9saya_a 1",
                "up 1",
                "process_cpu_seconds_total 1",
                "saya_monitor_sandboxes 9",
                "kata_monitor_running_shim_count 9",
                "saya_a{x=\"\u0000\"} 1",
                "saya_a\u0001 1",
            })
    void whatIsNoSampleOfASandboxIsLeftOut(String line) throws IOException {
        Exposition exposition = read("saya_good 1\n" + line + "\nsaya_good2 1\n");
        assertThat(exposition.dropped()).isEqualTo(1);
        assertThat(exposition.series()).isEqualTo(2);
        assertThat(merged(exposition).lines().filter(text -> !text.startsWith("#")))
                .containsExactly(
                        "saya_good{sandbox_id=\"s0\"} 1", "saya_good2{sandbox_id=\"s0\"} 1");
    }

    @Test
    void whatIsNoUtf8IsLeftOut() {
        byte[] text = "saya_a{x=\"?\"} 1\n".getBytes(StandardCharsets.UTF_8);
        text[10] = (byte) 0xc3;
        assertThat(Exposition.parse(text, pool(), 10, false).dropped()).isEqualTo(1);
        assertThat(read("saya_a{x=\"ü\"} 1\n").dropped()).isZero();
    }

    @Test
    void seriesBeyondTheBoundAreLeftOut() {
        String many = "saya_a{x=\"1\"} 1\n".repeat(150);
        Exposition exposition =
                Exposition.parse(many.getBytes(StandardCharsets.UTF_8), pool(), 100, false);
        assertThat(exposition.series()).isEqualTo(100);
        assertThat(exposition.dropped()).isEqualTo(50);
    }

    @Test
    void aSandboxWithNamesOfItsOwnCannotFillThePool() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            text.append("saya_a{x=\"").repeat('y', 1000).append(i).append("\"} 1\n");
        }
        SeriesPool pool = new SeriesPool(SeriesPool.MAX_OWN_TEXT + 1000L, 10_000);
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        Exposition hostile = Exposition.parse(bytes, pool, 10_000, false);
        assertThat(hostile.dropped()).isBetween(1400, 1600);
        byte[] good = "saya_b 1\n".getBytes(StandardCharsets.UTF_8);
        assertThat(Exposition.parse(good, pool, 10_000, false).series()).isEqualTo(1);
    }

    @Test
    void oneSandboxCannotChangeTheTypeOfAFamily() throws IOException {
        Exposition liar = read("# TYPE saya_a histogram\nsaya_a 1\n");
        Exposition honest = read("# TYPE saya_a gauge\nsaya_a 1\n");
        assertThat(merged(liar, honest, honest)).startsWith("# TYPE saya_a gauge\n");
    }

    @Test
    void katasShimsLeaveAPrefixOut() throws IOException {
        Exposition kata =
                Exposition.parse(
                        "go_goroutines 7\nprocess_open_fds{a=\"b\"} 8\nother 9\n"
                                .getBytes(StandardCharsets.UTF_8),
                        pool(),
                        10,
                        true);
        assertThat(merged(kata))
                .contains("kata_shim_go_goroutines{sandbox_id=\"s0\"} 7\n")
                .contains("kata_shim_process_open_fds{sandbox_id=\"s0\",a=\"b\"} 8\n")
                .doesNotContain("other");
    }

    @Test
    void valuesCanBeAskedFor() {
        Exposition exposition = read("saya_p{mode=\"u\"} 1\nsaya_p{mode=\"s\"} 2\n");
        assertThat(exposition.value("saya_p", Map.of("mode", "s"))).hasValue(2);
        assertThat(exposition.value("saya_p", Map.of())).hasValue(3);
        assertThat(exposition.value("saya_q", Map.of())).isEmpty();
        assertThat(exposition.byLabel("saya_p", "mode"))
                .containsExactly(Map.entry("u", 1.0), Map.entry("s", 2.0));
    }

    @Test
    void labelsAreEscaped() {
        assertThat(SandboxLabels.of("a\"b\\c\nd\u0007", "", "", ""))
                .startsWith("sandbox_id=\"a\\\"b\\\\c\\nd?\",cri_name=\"\"");
    }
}
