package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A place for templates, and a configuration by which pods start from them. */
abstract class TemplateSuite extends ShimSuite {
    /** The VM of a template boots at low priority. */
    static final Duration MADE = Duration.ofSeconds(150);

    static final Duration SOON = Duration.ofSeconds(30);

    private Path store = Path.of("/");
    private Map<String, String> environment = Map.of();

    @BeforeEach
    final void makeStore() throws IOException {
        store = Files.createDirectories(directory().resolve("templates"));
        mount("-t", "tmpfs", "-o", "size=600m", "x");
        var file = directory().resolve("configuration.toml");
        Files.writeString(
                file, "[factory]\nenable_template = true\ntemplate_path = \"" + store + "\"\n");
        environment = Map.of("SAYA_CONF_FILE", file.toString());
    }

    @AfterEach
    final void removeStore() {
        Ran.run(SOON, "umount", store.toString());
    }

    /** Mounts something at the templates' place. */
    final void mount(String... words) {
        var command = new ArrayList<>(List.of("mount"));
        command.addAll(List.of(words));
        command.add(store.toString());
        Ran.run(SOON, command.toArray(String[]::new)).succeeded();
    }

    /** Where templates are. */
    final Path store() {
        return store;
    }

    /** What containerd gives shims that start from templates. */
    final Map<String, String> environment() {
        return environment;
    }

    /** Has a pod make the template, and returns its directory. */
    final Path makeTemplate() throws Exception {
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

    /** How a sandbox came up, as the operator's command says it. */
    static String origin(String id) {
        var ps = Ran.run(SOON, Containerd.product() + "/bin/saya", "ps", "--json", id);
        return ps.succeeded().out().replaceAll("(?s).*\"origin\": *\"([a-z]*)\".*", "$1");
    }

    /** The VM that a sandbox makes a template of. */
    static List<Long> maker(String id) {
        return Host.processes("qemu-system-x86_64", "template-of-" + id);
    }

    final List<Path> templates() {
        return named("template-");
    }

    final List<Path> parts() {
        return named("part-");
    }

    private List<Path> named(String prefix) {
        return Host.list(store).stream()
                .filter(path -> path.getFileName().toString().startsWith(prefix))
                .toList();
    }
}
