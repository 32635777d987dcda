package io.saya.shim.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.GuestMetrics;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuestTextTest {
    private final DropCounts drops = new DropCounts();

    private String shown(String text, TextFormat format) {
        Exposition out = new Exposition();
        out.begin(format);
        out.add(GuestText.read(new GuestMetrics(text, false), drops));
        return out.text();
    }

    private String shown(String text) {
        return shown(text, TextFormat.PROMETHEUS);
    }

    private long dropped() {
        long all = 0;
        for (DropReason reason : DropReason.values()) {
            all += drops.of(reason);
        }
        return all;
    }

    @Test
    void whatAnHonestAgentTellsComesThrough() {
        String text =
                """
                # HELP kata_guest_load Guest system load.
                # TYPE kata_guest_load gauge
                kata_guest_load{item="load1"} 0.25
                kata_guest_load{item="load15"} 1e-05
                # TYPE kata_agent_scrape_count counter
                kata_agent_scrape_count 3 1700000000000
                # TYPE saya_guest_pressure_seconds_total counter
                saya_guest_pressure_seconds_total{resource="cpu",kind="some"} 1.5
                """;
        assertThat(shown(text))
                .contains(
                        "# TYPE kata_guest_load gauge\n",
                        "kata_guest_load{item=\"load1\"} 0.25\n",
                        "kata_guest_load{item=\"load15\"} 1e-05\n",
                        "# TYPE kata_agent_scrape_count counter\n",
                        "kata_agent_scrape_count 3\n",
                        "saya_guest_pressure_seconds_total{resource=\"cpu\",kind=\"some\"} 1.5\n");
        assertThat(dropped()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "+1.5E+10", ".5", "5.", "1e-05", "NaN", "-Inf"})
    void aNumberOfEitherFormatComesThrough(String number) {
        assertThat(shown("kata_guest_load " + number)).contains("kata_guest_load " + number + "\n");
        assertThat(dropped()).isZero();
    }

    @Test
    void openMetricsHasACounterByItsOwnRule() {
        assertThat(
                        shown(
                                """
                                # TYPE kata_agent_scrape_count counter
                                kata_agent_scrape_count 3
                                # TYPE kata_agent_process_cpu_seconds_total counter
                                kata_agent_process_cpu_seconds_total 1
                                """,
                                TextFormat.OPENMETRICS))
                .contains(
                        "# TYPE kata_agent_scrape_count unknown\n",
                        "# TYPE kata_agent_process_cpu_seconds counter\n",
                        "kata_agent_process_cpu_seconds_total 1\n")
                .endsWith("# EOF\n");
    }

    @Test
    void samplesOfAHistogramStayWithIt() {
        String shown =
                shown(
                        """
                        # TYPE kata_agent_call histogram
                        kata_agent_call_bucket{le="1"} 1
                        kata_guest_tasks{item="cur"} 5
                        kata_agent_call_bucket{le="+Inf"} 2
                        kata_agent_call_sum 3
                        kata_agent_call_count 2
                        """);
        assertThat(shown)
                .contains(
                        "# TYPE kata_agent_call histogram\n"
                                + "kata_agent_call_bucket{le=\"1\"} 1\n"
                                + "kata_agent_call_bucket{le=\"+Inf\"} 2\n"
                                + "kata_agent_call_sum 3\n"
                                + "kata_agent_call_count 2\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "kata_hypervisor_threads 1; FOREIGN_NAME",
                "saya_container_cpu_seconds_total 1; FOREIGN_NAME",
                "up 1; FOREIGN_NAME",
                "kata_guest_load{sandbox_id=\"other\"} 1; FOREIGN_NAME",
                "kata_guest_load{__name__=\"up\"} 1; FOREIGN_NAME",
                "kata_guest_load{item=\"a\",item=\"b\"} 1; DUPLICATE",
                "kata_guest_load{item=\"a} 1; MALFORMED",
                "kata_guest_load{item} 1; MALFORMED",
                "kata_guest_load{item=\"a\" 1; MALFORMED",
                "kata_guest_load; MALFORMED",
                "kata_guest_load one; MALFORMED",
                "kata_guest_load 0x10; MALFORMED",
                "kata_guest_load 1d; MALFORMED",
                "kata_guest_load -; MALFORMED",
                "kata_guest_load .; MALFORMED",
                "kata_guest_load 1.2.3; MALFORMED",
                "kata_guest_load 1-2; MALFORMED",
                "kata_guest_load e5; MALFORMED",
                "kata_guest_load 1e; MALFORMED",
                "kata_guest_load 1e1.5; MALFORMED",
                "kata_guest_load 1e5E3; MALFORMED",
                "kata_guest_load 1 2 3; MALFORMED",
                "{item=\"a\"} 1; MALFORMED",
                "# TYPE kata_guest_load nonsense; TYPE",
                "# TYPE up gauge; TYPE",
            })
    void aLineThatIsNoneOfAnAgentsIsLeftOutAndCounted(String line, DropReason reason) {
        assertThat(shown(line)).isEmpty();
        assertThat(drops.of(reason)).isEqualTo(1);
    }

    @Test
    void aValueCannotBecomeALineOrAnotherLabel() {
        assertThat(shown("kata_guest_load{item=\"a\\nup 1\\\"} 1\\\\\u0007é\"} 1"))
                .contains("kata_guest_load{item=\"a\\nup 1\\\"} 1\\\\??\"} 1\n");
    }

    @Test
    void aSeriesThatIsToldTwiceWouldFailTheWholeScrape() {
        assertThat(shown("kata_guest_load 1\nkata_guest_load 2\n"))
                .contains("kata_guest_load 1\n")
                .doesNotContain("kata_guest_load 2\n");
        assertThat(drops.of(DropReason.DUPLICATE)).isEqualTo(1);
    }

    @Test
    void aMillionSeriesAreFourThousandAndACount() {
        String million =
                IntStream.range(0, 1_000_000)
                        .mapToObj(i -> "kata_guest_load{item=\"" + i + "\"} 1")
                        .collect(Collectors.joining("\n"));
        assertThat(shown(million).lines().filter(line -> !line.startsWith("#")))
                .hasSize(GuestText.SERIES);
        assertThat(drops.of(DropReason.TOO_MANY)).isEqualTo(1_000_000 - GuestText.SERIES);
    }

    @Test
    void familiesAreBoundedToo() {
        String many =
                IntStream.range(0, 1000)
                        .mapToObj(
                                i -> "# TYPE kata_guest_x" + i + " gauge\nkata_guest_x" + i + " 1")
                        .collect(Collectors.joining("\n"));
        assertThat(shown(many).lines().filter(line -> line.startsWith("# TYPE")))
                .hasSize(GuestText.FAMILIES);
    }

    @Test
    void anAnswerThatWasTooLongIsCounted() {
        assertThat(GuestText.read(new GuestMetrics("", true), drops)).isEmpty();
        assertThat(drops.of(DropReason.TOO_LONG)).isEqualTo(1);
    }

    @Test
    void aLineThatIsTooLongIsLeftOut() {
        assertThat(shown("kata_guest_load{item=\"" + "x".repeat(2000) + "\"} 1")).isEmpty();
        assertThat(drops.of(DropReason.TOO_LONG)).isEqualTo(1);
    }

    /** Each line that comes out is one that Prometheus reads, whatever went in. */
    @Test
    void noiseNeverComesOutAsAnythingElse() {
        String alphabet = "kata_guest_load{item=\"}\\ \n,1.eE+-#Ié\u0000\t";
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            StringBuilder noise = new StringBuilder("kata_guest_load");
            for (int i = 0; i < 2000; i++) {
                if (random.nextInt(40) == 0) {
                    noise.append("\nkata_guest_load{item=\"").append(random.nextInt(9));
                }
                noise.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            assertThat(shown(noise.toString()).lines())
                    .as("seed %s", seed)
                    .allMatch(
                            line ->
                                    line.startsWith("# ")
                                            || line.matches(
                                                    "kata_guest_[a-z_A-Z0-9]+"
                                                            + "(\\{([a-z]+=\"([^\"\\\\]|\\\\.)*\",?)*\\})?"
                                                            + " (NaN|[+-]Inf|[0-9.eE+-]+)"));
        }
    }
}
