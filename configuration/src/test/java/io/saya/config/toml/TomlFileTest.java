package io.saya.config.toml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.saya.config.Position;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TomlFileTest {

    @Test
    void aDeviceIsNotRead() {
        assertThatThrownBy(() -> TomlFile.read(Path.of("/dev/zero")))
                .isInstanceOf(IOException.class)
                .hasMessage("is not a regular file");
    }

    @Test
    void aByteOrderMarkIsPassedOver() {
        assertThat(TomlFile.parse("\uFEFFa = 1").entries()).hasSize(1);
    }

    @Test
    void bytesThatAreNotUtf8AreFound() {
        byte[] latin = "a = 1\n# d\u00e9j\u00e0 vu\n".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(TomlFile.read(latin).errors())
                .singleElement()
                .extracting(TomlDocument.SyntaxError::position)
                .isEqualTo(new Position(2, 4));
    }

    @Test
    void deepNestingIsAnErrorAndNoOverflow() {
        String deep = "a = " + "[".repeat(50_000) + "]".repeat(50_000);

        assertThat(TomlFile.parse(deep).errors())
                .singleElement()
                .extracting(TomlDocument.SyntaxError::text)
                .asString()
                .contains("nested too deeply");
    }

    @Test
    void tablesInArraysAndInlineTablesAreRead() {
        TomlDocument document = TomlFile.parse("a = {b = 1}\n[[c.d]]\ne = 'f'\n[[c.d]]\n");

        assertThat(document.entries())
                .extracting(TomlEntry::table, TomlEntry::key, TomlEntry::value)
                .containsExactly(
                        tuple(List.of("a"), "b", 1L),
                        tuple(List.of("c"), "d", List.of(Map.of("e", "f"), Map.of())));
    }
}
