package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** VMs that start from templates, and what becomes of them where something is wrong with one. */
@WithProduct
@Timeout(600)
final class TemplateTest extends ShimSuite {
    /** The VM of a template boots at low priority. */
    private static final Duration MADE = Duration.ofSeconds(150);

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final long CLOCK_SECONDS = 5;

    private Path store = Path.of("/");
    private Map<String, String> environment = Map.of();

    @BeforeEach
    void makeStore() throws IOException {
        store = Files.createDirectories(directory().resolve("templates"));
        assertThat(
                        Ran.run(
                                        SOON,
                                        "mount",
                                        "-t",
                                        "tmpfs",
                                        "-o",
                                        "size=600m",
                                        "x",
                                        store.toString())
                                .status())
                .isZero();
        var file = directory().resolve("configuration.toml");
        Files.writeString(
                file, "[factory]\nenable_template = true\ntemplate_path = \"" + store + "\"\n");
        environment = Map.of("SAYA_CONF_FILE", file.toString());
    }

    @AfterEach
    void removeStore() {
        Ran.run(SOON, "umount", store.toString());
    }

    @Test
    void whatStartsFromATemplateIsAMachineOfItsOwn() throws Exception {
        makeTemplate();
        List<List<String>> answers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            answers.add(
                    run(
                            "head -c 32 /dev/urandom | md5sum; cat /proc/sys/kernel/random/uuid;"
                                    + " hostname; date +%s",
                            "restored"));
            long now = Instant.now().getEpochSecond();
            assertThat(Long.parseLong(answers.getLast().get(3)))
                    .isBetween(now - CLOCK_SECONDS, now + 1);
            assertThat(answers.getLast().get(2)).isEqualTo("test");
        }
        assertThat(new HashSet<>(answers.getFirst().subList(0, 2)))
                .doesNotContainAnyElementsOf(answers.getLast().subList(0, 2));
    }

    @Test
    void aTemplateThatIsCutShortIsGivenUpAndMadeAnew() throws Exception {
        var template = makeTemplate();
        var memory = template.resolve("memory");
        try (var file = FileChannel.open(memory, StandardOpenOption.WRITE)) {
            file.truncate(file.size() - 4096);
        }
        givenUpAndMadeAnew(Files.size(memory) + 4096, memory);
    }

    @Test
    void aTemplateThatQemuDoesNotTakeIsGivenUpAndMadeAnew() throws Exception {
        var template = makeTemplate();
        var state = template.resolve("state");
        try (var file = FileChannel.open(state, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(64 * 1024), file.size() / 2);
        }
        givenUpAndMadeAnew(Files.size(state), state);
    }

    private void givenUpAndMadeAnew(long size, Path file) throws Exception {
        var before = Files.getAttribute(file, "unix:ino");
        var id = newId();
        try (var shim = startIn("", environment, id, "sleep", "1000")) {
            shim.create("", "", "");
            shim.start("");
            assertThat(origin(id)).isEqualTo("booted");
            assertThat(Wait.until(MADE, () -> isNew(file, before))).as("another " + file).isTrue();
        }
        assertThat(Files.size(file)).isCloseTo(size, Percentage.withPercentage(20));
        run("true", "restored");
    }

    private static boolean isNew(Path file, Object inode) {
        try {
            return Files.exists(file) && !Files.getAttribute(file, "unix:ino").equals(inode);
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void withoutRoomForATemplateThePodsBoot() throws Exception {
        assertThat(Ran.run(SOON, "mount", "-o", "remount,size=100m", store.toString()).status())
                .isZero();
        run("true", "booted");
        assertThat(parts()).isEmpty();
        assertThat(templates()).isEmpty();
    }

    @Test
    void nothingIsLeftOfAMakerThatDies() throws Exception {
        var id = newId();
        try (var shim = startIn("", environment, id, "sleep", "1000")) {
            shim.create("", "", "");
            shim.start("");
            assertThat(Wait.until(MADE, () -> !maker(id).isEmpty())).isTrue();
            maker(id).forEach(Host::kill);
            assertThat(Wait.until(SOON, () -> maker(id).isEmpty() && parts().isEmpty())).isTrue();
            assertThat(shim.state("").getPid()).isPositive();
        }
        assertThat(templates()).isEmpty();
    }

    @Test
    void aPodThatEndsTakesItsMakerAlong() throws Exception {
        var id = newId();
        try (var shim = startIn("", environment, id, "sleep", "1000")) {
            shim.create("", "", "");
            shim.start("");
            assertThat(Wait.until(MADE, () -> !maker(id).isEmpty())).isTrue();
        }
        assertThat(Wait.until(SOON, () -> maker(id).isEmpty() && parts().isEmpty())).isTrue();
    }

    /** Has a pod make the template, and returns its directory. */
    private Path makeTemplate() throws Exception {
        var id = newId();
        try (var shim = startIn("", environment, id, "sleep", "1000")) {
            shim.create("", "", "");
            shim.start("");
            assertThat(origin(id)).isEqualTo("booted");
            assertThat(Wait.until(MADE, () -> !templates().isEmpty())).as("a template").isTrue();
        }
        assertThat(parts()).isEmpty();
        return templates().getFirst();
    }

    /** Runs a script in a container of its own; returns the lines that it prints. */
    private List<String> run(String script, String origin) throws Exception {
        var id = newId();
        var answer = directory().resolve("rootfs/answer-" + id);
        try (var shim =
                startIn(
                        "",
                        environment,
                        id,
                        "sh",
                        "-c",
                        "(%s) >/answer-%s.new; mv /answer-%2$s.new /answer-%2$s; sleep 1000"
                                .formatted(script, id))) {
            shim.create("", "", "");
            shim.start("");
            assertThat(Wait.until(SOON, () -> Files.exists(answer))).isTrue();
            assertThat(origin(id)).isEqualTo(origin);
            return Files.readAllLines(answer);
        }
    }

    private static String origin(String id) {
        var ps = Ran.run(SOON, Containerd.product() + "/bin/saya", "ps", "--json", id);
        return ps.succeeded().out().replaceAll("(?s).*\"origin\": *\"([a-z]*)\".*", "$1");
    }

    private static List<Long> maker(String id) {
        return Host.processes("qemu-system-x86_64", "template-of-" + id);
    }

    private List<Path> templates() {
        return named("template-");
    }

    private List<Path> parts() {
        return named("part-");
    }

    private List<Path> named(String prefix) {
        return Host.list(store).stream()
                .filter(path -> path.getFileName().toString().startsWith(prefix))
                .toList();
    }
}
