package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.json.Json;
import io.saya.oci.OciSpec;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SwapRuleTest {
    private static final long MIB = 1 << 20;
    private static final SwapRule RULE = new SwapRule(50, 2048);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{} | 0",
                "{'memory':{'limit':67108864}} | 0",
                "{'memory':{'limit':67108864,'swap':67108864}} | 0",
                "{'memory':{'limit':67108864,'swap':104857600}} | 36",
                "{'memory':{'limit':67108864,'swap':104857600,'swappiness':0}} | 0",
                "{'memory':{'limit':67108864,'swap':104857600,'swappiness':60}} | 36",
                "{'memory':{'limit':67108864,'swappiness':60}} | 32",
                "{'memory':{'limit':67108864,'swap':-1}} | 32",
                "{'memory':{'swappiness':60}} | 1024",
                "{'memory':{'limit':67108864},'unified':{'memory.swap.max':'1048576'}} | 1",
                "{'memory':{'limit':67108864},'unified':{'memory.swap.max':'0'}} | 0",
                "{'memory':{'limit':67108864},'unified':{'memory.swap.max':'max'}} | 32",
                "{'memory':{'limit':67108864},'unified':{'memory.swap.max':'much'}} | 0",
            })
    void swapIsWhatIsAllowedBeyondTheMemory(String resources, long mib) {
        assertThat(RULE.bytes(Json.parseObject(resources.replace('\'', '"'))) / MIB).isEqualTo(mib);
    }

    @Test
    void annotationsBecomeLimitsAndNonsenseIsLeftOut() {
        assertThat(memory(Map.of("swappiness", "60", "swap_in_bytes", "104857600")))
                .isEqualTo("{\"limit\":67108864,\"swap\":104857600,\"swappiness\":60}");
        assertThat(memory(Map.of("swappiness", "201", "swap_in_bytes", "-5")))
                .isEqualTo("{\"limit\":67108864}");
        assertThat(memory(Map.of("swappiness", "high"))).isEqualTo("{\"limit\":67108864}");
    }

    @Test
    void withoutALimitOfMemoryThereIsNoneOfSwap() {
        var spec =
                OciSpec.parse(
                        "{\"annotations\":{\"io.katacontainers.container.resource.swap_in_bytes\":\"9\"}}"
                                .getBytes(StandardCharsets.UTF_8));
        assertThat(RULE.applied(spec).toString()).isEqualTo("{\"memory\":{}}");
    }

    private static String memory(Map<String, String> annotations) {
        var json = new StringBuilder("{\"annotations\":{\"other\":\"x\"");
        annotations.forEach(
                (name, value) ->
                        json.append(
                                ",\"io.katacontainers.container.resource.%s\":\"%s\""
                                        .formatted(name, value)));
        json.append(
                "},\"linux\":{\"cgroupsPath\":\"/a\",\"resources\":{\"cpu\":{\"shares\":2},\"memory\":{\"limit\":67108864}}}}");
        var spec = OciSpec.parse(json.toString().getBytes(StandardCharsets.UTF_8));
        var changed = spec.withResources(RULE.applied(spec));
        assertThat(changed.cgroupsPath()).isEqualTo("/a");
        assertThat(changed.resources().object("cpu")).isPresent();
        return changed.resources().object("memory").orElseThrow().toString();
    }
}
