package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** VMs that start from templates, and what becomes of them where something is wrong with one. */
@WithProduct
@Timeout(600)
final class TemplateTest extends TemplateSuite {
    private static final long CLOCK_SECONDS = 5;

    /** A guest's kernel and root, which it has touched before it is saved. */
    private static final long COPIED_BYTES = 64 << 20;

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
        try (var shim = startIn("", environment(), id, "sleep", "1000")) {
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
        mount("-o", "remount,size=100m");
        run("true", "booted");
        assertThat(parts()).isEmpty();
        assertThat(templates()).isEmpty();
    }

    @Test
    void nothingIsLeftOfAMakerThatDies() throws Exception {
        var id = newId();
        try (var shim = startIn("", environment(), id, "sleep", "1000")) {
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
        try (var shim = startIn("", environment(), id, "sleep", "1000")) {
            shim.create("", "", "");
            shim.start("");
            assertThat(Wait.until(MADE, () -> !maker(id).isEmpty())).isTrue();
            shim.kill("", 9);
            // The daemon lives on until containerd has asked for what it wants to know.
            assertThat(Wait.until(SOON, () -> maker(id).isEmpty() && parts().isEmpty())).isTrue();
            assertThat(shim.await("")).isEqualTo(137);
        }
    }

    /** Runs a script in a container of its own; returns the lines that it prints. */
    private List<String> run(String script, String origin) throws Exception {
        var id = newId();
        var answer = directory().resolve("rootfs/answer-" + id);
        try (var shim =
                startIn(
                        "",
                        environment(),
                        id,
                        "sh",
                        "-c",
                        "(%s) >/answer-%s.new; mv /answer-%2$s.new /answer-%2$s; sleep 1000"
                                .formatted(script, id))) {
            shim.create("", "", "");
            shim.start("");
            assertThat(Wait.until(SOON, () -> Files.exists(answer))).isTrue();
            assertThat(origin(id)).isEqualTo(origin);
            if (origin.equals("restored")) {
                assertThat(sharedMemoryOfItsCgroup(id)).isGreaterThan(COPIED_BYTES);
            }
            return Files.readAllLines(answer);
        }
    }

    /** What its template gave a guest counts to the pod as if it had touched that itself. */
    private static long sharedMemoryOfItsCgroup(String id) throws IOException {
        var qemu = Host.processes("qemu-system-x86_64", "-name " + id).getFirst();
        var groups = Files.readAllLines(Path.of("/proc/" + qemu + "/cgroup"));
        var unified = Path.of("/sys/fs/cgroup/cgroup.controllers");
        var line =
                groups.stream()
                        .filter(it -> it.contains(Files.exists(unified) ? "0::" : ":memory:"))
                        .findFirst()
                        .orElseThrow();
        var directory =
                (Files.exists(unified) ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory")
                        + line.substring(line.lastIndexOf(':') + 1);
        return Files.readAllLines(Path.of(directory, "memory.stat")).stream()
                .filter(it -> it.startsWith("shmem "))
                .mapToLong(it -> Long.parseLong(it.substring("shmem ".length())))
                .sum();
    }
}
