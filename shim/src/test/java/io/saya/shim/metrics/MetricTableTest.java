package io.saya.shim.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table in shim/metrics.md and the metrics of the code are the same. */
class MetricTableTest {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    /** What writes metrics. */
    private static final List<Class<?>> WRITERS =
            List.of(
                    SandboxSamples.class,
                    CallSamples.class,
                    ProcessSamples.class,
                    VmmSamples.class,
                    JvmSamples.class,
                    ContainerSamples.class,
                    PodOverhead.class,
                    Scrape.class);

    private record Row(String type, String unit, List<String> labels) {}

    @Test
    void theTableHasEachMetricWithItsTypeUnitAndLabels() throws Exception {
        Map<String, Row> table = table();
        // Told by the guest, not by a writer of ours.
        assertThat(table.remove(GuestText.PRESSURE)).isNotNull();
        Map<String, Row> code = new TreeMap<>();
        for (Class<?> writer : WRITERS) {
            for (Field field : writer.getDeclaredFields()) {
                if (field.getType() == Metric.class) {
                    field.setAccessible(true);
                    Metric metric = (Metric) field.get(null);
                    assertThat(metric).isNotNull();
                    assertThat(table).containsKey(metric.name());
                    Row row = Objects.requireNonNull(table.get(metric.name()));
                    code.put(
                            metric.name(),
                            new Row(metric.type().word(), row.unit(), metric.labels()));
                    assertThat(row.unit()).as("unit of %s", metric.name()).isEqualTo(unit(metric));
                }
            }
        }
        assertThat(code).isEqualTo(table);
    }

    /** By the name, as Prometheus has it; Kata's names say it of few. */
    private static String unit(Metric metric) {
        String name = metric.name();
        if (name.endsWith("_proc_stat")) {
            return "ticks";
        }
        if (name.endsWith("_proc_status") || name.endsWith("_io_stat")) {
            return "bytes";
        }
        if (name.endsWith("_overhead_cpu")) {
            return "percent";
        }
        for (String unit : List.of("milliseconds", "seconds", "bytes")) {
            if (name.endsWith("_" + unit) || name.endsWith("_" + unit + "_total")) {
                return unit;
            }
        }
        return "";
    }

    @Test
    void ourOwnNamesAreThoseThatPrometheusWants() throws Exception {
        table().forEach(
                        (name, row) -> {
                            if (name.startsWith("saya_")) {
                                assertThat(name.endsWith("_total"))
                                        .as(name)
                                        .isEqualTo(row.type().equals("counter"));
                                assertThat(name).matches("[a-z_]+");
                            }
                        });
    }

    private static Map<String, Row> table() throws IOException {
        Path here = Path.of("metrics.md");
        Path page = Files.exists(here) ? here : Path.of("shim").resolve(here);
        Map<String, Row> rows = new TreeMap<>();
        for (String line : Files.readAllLines(page)) {
            String[] cells = line.split("\\|", -1);
            if (line.startsWith("| `") && !line.contains("*`")) {
                rows.put(
                        cells[1].strip().replace("`", ""),
                        new Row(cells[2].strip(), cells[3].strip(), words(cells[4])));
            }
        }
        return rows;
    }

    private static List<String> words(String cell) {
        List<String> words = new ArrayList<>();
        Matcher matcher = CODE.matcher(cell);
        while (matcher.find()) {
            words.add(matcher.group(1));
        }
        return words;
    }
}
