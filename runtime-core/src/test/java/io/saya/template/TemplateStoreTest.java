package io.saya.template;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.template.TemplateStore.Making;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplateStoreTest {
    @TempDir private Path parent;
    private Path directory = Path.of("/");
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private TemplateStore store = new TemplateStore(Path.of("/"));

    @BeforeEach
    void makeStore() {
        directory = parent.resolve("a/templates");
        store = new TemplateStore(directory, () -> now);
    }

    @Test
    void aTemplateIsFoundWhenItIsWholeAndByItsMachineOnly() throws IOException {
        assertThat(store.find("one")).isEmpty();
        try (Making making = store.begin("one").orElseThrow()) {
            Files.writeString(making.directory().resolve("state"), "1234");
            assertThat(store.find("one")).isEmpty();
            making.publish();
        }
        assertThat(store.find("one").orElseThrow().resolve("state")).hasContent("1234");
        assertThat(store.find("two")).isEmpty();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                .isEqualTo("rwx------");
        assertThat(store.begin("one")).as("it is there").isEmpty();
    }

    @Test
    void twoMachinesWithOneNameAreNotConfused() throws IOException {
        make("one");
        Path template = store.find("one").orElseThrow();
        Files.writeString(template.resolve("machine"), "another");
        assertThat(store.find("one")).isEmpty();
    }

    @Test
    void oneIsMadeAtATime() throws IOException {
        try (Making _ = store.begin("one").orElseThrow()) {
            assertThat(store.begin("one")).isEmpty();
            assertThat(store.begin("two")).isEmpty();
        }
        try (Making making = store.begin("two").orElseThrow()) {
            assertThat(making.directory()).isDirectory();
        }
        assertThat(directory).isDirectoryNotContaining("glob:**/part-*");
    }

    @Test
    void whatADeadMakerLeftGoesWithTheNext() throws IOException {
        Path left = Files.createDirectories(directory.resolve("part-left"));
        Files.writeString(left.resolve("memory"), "x");
        Files.createDirectories(directory.resolve("gone-left"));
        make("one");
        assertThat(directory).isDirectoryNotContaining("glob:**/{part,gone}-*");
        assertThat(store.find("one")).isPresent();
    }

    @Test
    void theOneThatWasUsedLongestAgoMakesRoomUnlessAllAreInUse() throws IOException {
        for (int i = 0; i < TemplateStore.MOST; i++) {
            make("machine " + i);
            now = now.plus(Duration.ofMinutes(1));
        }
        assertThat(store.begin("another")).isEmpty();
        now = now.plus(Duration.ofMinutes(11));
        assertThat(store.find("machine 0")).isPresent();
        make("another");
        assertThat(store.find("machine 0")).isPresent();
        assertThat(store.find("machine 1")).isEmpty();
        assertThat(store.all()).hasSize(TemplateStore.MOST);
    }

    @Test
    void unusedOnesGo() throws IOException {
        make("one");
        make("two");
        now = now.plus(Duration.ofHours(11));
        assertThat(store.find("two")).isPresent();
        now = now.plus(Duration.ofHours(2));
        store.expire();
        assertThat(store.find("one")).isEmpty();
        assertThat(store.find("two")).isPresent();
    }

    @Test
    void oneThatIsGivenUpIsGone() throws IOException {
        make("one");
        Path template = store.find("one").orElseThrow();
        store.discard(template);
        store.discard(template);
        assertThat(store.find("one")).isEmpty();
        assertThat(store.all()).isEmpty();
        assertThat(directory).isDirectoryNotContaining("glob:**/gone-*");
    }

    private void make(String machine) throws IOException {
        try (Making making = store.begin(machine).orElseThrow()) {
            making.publish();
        }
    }
}
