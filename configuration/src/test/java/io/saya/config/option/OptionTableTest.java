package io.saya.config.option;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlFile;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every row of the table. */
class OptionTableTest {

    static List<Option<?>> all() {
        return OptionTable.all();
    }

    @ParameterizedTest
    @MethodSource("all")
    void isExplained(Option<?> option) {
        assertThat(option.help()).endsWith(".").doesNotContain("  ");
        assertThat(option.reason().isEmpty()).isEqualTo(option.status() == Status.WORKS);
    }

    @ParameterizedTest
    @MethodSource("all")
    void isFoundUnderAllItsNames(Option<?> option) {
        assertThat(OptionTable.find(option.section(), option.key())).isNotNull();
        for (Spelling<?> spelling : option.spellings()) {
            OptionTable.Match<?> match =
                    Objects.requireNonNull(OptionTable.find(spelling.section(), spelling.key()));
            assertThat(match.option()).isSameAs(option);
        }
        if (!option.annotation().isEmpty()) {
            assertThat(OptionTable.findAnnotation(option.annotation())).isSameAs(option);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void writesValuesThatItReads(Option<?> option) throws BadValue {
        assertRoundTrip(option);
    }

    private static <T> void assertRoundTrip(Option<T> option) throws BadValue {
        for (String written :
                List.of(option.example(), option.type().toToml(option.defaultValue()))) {
            TomlDocument document = TomlFile.parse("k = " + written);
            assertThat(document.errors()).isEmpty();
            Object raw = document.entries().getFirst().value();
            assertThat(option.type().toToml(option.type().fromToml(raw))).isEqualTo(written);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void saysWhatIsExpectedWhereAValueIsWrong(Option<?> option) {
        if (option.takesTable()) {
            return; // Understands everything, uses nothing.
        }
        // A date is no value of any option.
        Object date = TomlFile.parse("k = 2026-01-01").entries().getFirst().value();
        assertThat(isRefused(option.type(), date)).isTrue();
        assertThat(option.type().expected()).isNotBlank();
    }

    private static boolean isRefused(ValueType<?> type, Object raw) {
        try {
            type.fromToml(raw);
            return false;
        } catch (BadValue e) {
            return true;
        }
    }

    @Test
    void noAnnotationIsThereTwice() {
        assertThat(OptionTable.all())
                .filteredOn(option -> !option.annotation().isEmpty())
                .extracting(Option::annotation)
                .doesNotHaveDuplicates();
    }

    @Test
    void listsThatGovernAnnotationsExist() {
        for (Option<?> option : OptionTable.all()) {
            if (!option.allowedBy().isEmpty()) {
                assertThat(OptionTable.find(Section.HYPERVISOR, option.allowedBy())).isNotNull();
            }
        }
    }

    @Test
    void ofSimilarNamesTheNearestIsMeant() {
        List<String> names = List.of("default_memory", "default_maxmemory", "memory_slots");
        assertThat(Similar.nearest("defualt_memory", names)).isEqualTo("default_memory");
        assertThat(Similar.nearest("Default-MaxMemory", names)).isEqualTo("default_maxmemory");
        assertThat(Similar.nearest("turbo", names)).isEmpty();
        assertThat(Similar.nearest("x".repeat(100_000), names)).isEmpty();
        assertThat(Similar.nearest("", names)).isEmpty();
    }
}
