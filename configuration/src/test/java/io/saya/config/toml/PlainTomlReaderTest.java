package io.saya.config.toml;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.Position;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fast reader reads what it reads exactly as tomlj does. */
class PlainTomlReaderTest {

    private static final Path RESOURCES = Path.of("src/test/resources/io/saya/config/load");

    private static List<String> files() throws IOException {
        List<String> texts = new ArrayList<>();
        texts.add(Files.readString(Path.of("src/main/dist/configuration.toml")));
        for (String name : List.of("kata-go.toml", "kata-go-3.3.toml", "kata-rust.toml")) {
            texts.add(Files.readString(RESOURCES.resolve(name)));
        }
        return texts;
    }

    private static TomlDocument read(String text) {
        return Objects.requireNonNull(PlainTomlReader.read(text));
    }

    private static void assertSame(String text) {
        TomlDocument plain = PlainTomlReader.read(text);
        if (plain != null) {
            assertThat(plain).as(text).isEqualTo(TomljReader.read(text));
        }
    }

    @Test
    void filesAsTheyAreShippedArePlain() throws IOException {
        for (String text : files()) {
            assertThat(PlainTomlReader.read(text)).isNotNull().isEqualTo(TomljReader.read(text));
        }
    }

    @Test
    void allKindsOfPlainValuesAreRead() {
        TomlDocument document =
                read(
                        "top = -1\r\n"
                                + "[a.b-c]  # comment\n"
                                + "\tx = 'it' # \u00e9\n"
                                + "  y=[ \"a\", # first\n 'b'\n,2.50,true,]\n"
                                + "z = false");

        assertThat(document.entries())
                .containsExactly(
                        new TomlEntry(List.of(), "top", -1L, new Position(1, 1)),
                        new TomlEntry(List.of("a", "b-c"), "x", "it", new Position(3, 2)),
                        new TomlEntry(
                                List.of("a", "b-c"),
                                "y",
                                List.of("a", "b", 2.5, true),
                                new Position(4, 3)),
                        new TomlEntry(List.of("a", "b-c"), "z", false, new Position(7, 1)));
        assertThat(document.tables())
                .containsExactly(new TomlDocument.Table(List.of("a", "b-c"), new Position(2, 1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a = \"\\n\"",
                "a = \"\"\"x\"\"\"",
                "a = '''x'''",
                "a.b = 1",
                "\"a\" = 1",
                "a = 1_000",
                "a = +1",
                "a = 0x1f",
                "a = 1e3",
                "a = 1.",
                "a = 01",
                "a = inf",
                "a = {b = 1}",
                "[[a]]",
                "a = [[1]]",
                "a = 2020-01-01",
                "a = 1 b = 2",
                "a = ",
                "a",
                "[a",
                "[a]]",
                "[ a ]",
                "[a. b]",
                "a = 1\na = 2",
                "[a]\n[a]",
                "a = 1\n[a]",
                "[a]\nb = 1\n[a.b]",
                "[a.b]\n[a]\nb = 1",
                "a = \"x",
                "a = 'x\n'",
                "a = [1 2]",
                "a = [1",
                "a = [,]",
                "a = tru",
                "# \u0001",
                "a = \"\t\"",
                "a = 1\r",
                "a = -",
                "a = 9999999999999999999",
                "\u0000",
                "a = 1 #\u007f",
                "a = \"\ud83d\ude00\"",
                "=1"
            })
    void whatIsNotPlainIsLeftToTheFullParser(String text) {
        assertThat(PlainTomlReader.read(text)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "\n", "# x", "[a]", "[a]\n[a.b]\n[a.b.c]\nx = 1", "[a.b]\n[a]\nx = 1",
                "[a.b.c]\n[a]", "a = ''", "a = \"\"\n", "a = []", "a = [1,]", "[1]\n2 = 3",
                "a = -0", "a = 0.0", "a = -1.5", "a = 1 # x\n\n", "  [a]  \n\t\tb\t=\t1",
                        "true=true",
                "a = [ # x\n # y\n 1 # z\n , # w\n 2\n]\nb = 1", "[a]\r\nb = 1\r\n", "- = 1"
            })
    void whatIsPlainIsReadLikeTheFullParserDoes(String text) {
        assertThat(PlainTomlReader.read(text)).isNotNull().isEqualTo(TomljReader.read(text));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void damagedFilesAreReadAlikeOrNotAtAll(long seed) throws IOException {
        Mutations mutations = new Mutations(seed);
        List<String> texts = new ArrayList<>(files());
        texts.add("[a.b]\nx = [1, 2]\ny = 'z'\n[a]\nb2 = \"c\" # d\n[e]\nf = 1.5\ng=true\n");
        for (String text : texts) {
            // The head of a file: a short text is changed in more telling ways.
            String head = text.substring(0, Math.min(text.length(), 400));
            for (int i = 0; i < 60; i++) {
                assertSame(mutations.mutate(head));
            }
        }
        for (int i = 0; i < 200; i++) {
            assertSame(mutations.noise(1 + i % 40));
        }
    }
}
