package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Hooks of a specification: what nerdctl and Docker up to 25 set a container's network up with. */
@WithProduct
final class HooksTest extends ShimSuite {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void aHookGivesAContainerItsNetworkAndAnotherTakesNotesOfItsEnd() throws Exception {
        var link = "hk" + ProcessHandle.current().pid();
        var network =
                script(
                        "network",
                        """
                        cat > "$NOTES/network"
                        pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/' "$NOTES/network")
                        ip link add %1$s type veth peer name eth0 netns "/proc/$pid/ns/net"
                        ip addr add 10.78.1.1/24 dev %1$s
                        ip link set %1$s up
                        nsenter --net="/proc/$pid/ns/net" ip addr add 10.78.1.2/24 dev eth0
                        nsenter --net="/proc/$pid/ns/net" ip link set eth0 up
                        """
                                .formatted(link));
        var note = script("note", "cat > \"$NOTES/$1\"");
        try (var shim =
                start(
                        "saya",
                        Map.of(),
                        "sh",
                        "-c",
                        "nc -w 10 10.78.1.1 9 > /asked.new 2>&1; mv /asked.new /asked; sleep 1000")) {
            hooks(
                    shim,
                    """
                    {"createRuntime": [%s], "poststart": [%s], "poststop": [%s],
                     "startContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "echo here > /hooked"]}]}
                    """
                            .formatted(hook(network, ""), hook(note, "start"), hook(note, "stop")));
            shim.create("", "", "");
            assertThat(notes("network"))
                    .contains("\"status\":\"creating\"", "\"id\":\"" + shim.id() + "\"");
            shim.start("");
            assertThat(notes("start")).contains("\"status\":\"running\"");
            var asked = directory().resolve("rootfs/asked");
            assertThat(Wait.until(SOON, () -> Files.exists(asked))).isTrue();
            assertThat(Files.readString(asked)).as("the host said no").contains("refused");
            assertThat(Files.readString(directory().resolve("rootfs/hooked"))).isEqualTo("here\n");
            shim.kill("", 9);
            assertThat(shim.await("")).isEqualTo(137);
            shim.delete("");
            assertThat(notes("stop")).contains("\"status\":\"stopped\"", "\"pid\":0");
        } finally {
            Files.deleteIfExists(directory().resolve("rootfs/asked"));
            Files.deleteIfExists(directory().resolve("rootfs/hooked"));
            Ran.run(SOON, "ip", "link", "del", link);
        }
    }

    @Test
    void theLastAreRunAlsoWhereTheDaemonHasDied() throws Exception {
        var note = script("note", "cat > \"$NOTES/$1\"");
        try (var shim = startWith(withoutRestarts(), newId(), Map.of(), "sleep", "1000")) {
            hooks(shim, "{\"poststop\": [%s]}".formatted(hook(note, "late")));
            shim.create("", "", "");
            shim.start("");
            assertThat(shim.bundle().resolve("poststop.json")).exists();
            NetworkCell.Strike.DAEMON.strike(shim.id());
            assertThat(directory().resolve("late")).doesNotExist();
            var ran = Shim.deleteDead(directory(), shim.id(), Map.of());
            assertThat(ran.status()).as(ran.toString()).isZero();
            assertThat(directory().resolve("late")).as(ran.toString()).exists();
            assertThat(notes("late"))
                    .contains("\"status\":\"stopped\"", "\"id\":\"" + shim.id() + "\"");
            assertThat(shim.bundle().resolve("poststop.json")).doesNotExist();
        }
    }

    @Test
    void oneThatFailsSaysWhyAndIsFollowedByTheLast() throws Exception {
        var fails = script("fails", "echo 'no address is free' >&2; exit 7");
        var note = script("note", "cat > \"$NOTES/$1\"");
        try (var shim = start("saya", Map.of(), "sleep", "1000")) {
            hooks(
                    shim,
                    "{\"prestart\": [%s], \"poststop\": [%s]}"
                            .formatted(hook(fails, ""), hook(note, "undone")));
            assertThatThrownBy(() -> shim.create("", "", ""))
                    .hasMessageContaining("hook prestart[0] (" + fails + "): exit code 7")
                    .hasMessageContaining("no address is free");
            assertThat(notes("undone")).contains("\"status\":\"stopped\"");
        }
    }

    @Test
    void oneThatFailsInTheGuestFailsTheCreation() throws Exception {
        try (var shim = start("saya", Map.of(), "sleep", "1000")) {
            hooks(
                    shim,
                    "{\"createContainer\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \"exit 7\"]}]}");
            assertThatThrownBy(() -> shim.create("", "", "")).hasMessageContaining("hook");
        }
    }

    private Path script(String name, String text) throws IOException {
        var script = directory().resolve(name + ".sh");
        Files.writeString(script, "#!/bin/sh\nset -e\n" + text);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }

    private String hook(Path script, String argument) {
        return """
               {"path": "%s", "args": ["called-otherwise", "%s"],
                "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "NOTES=%s"], "timeout": 20}"""
                .formatted(script, argument, directory());
    }

    private String notes(String name) throws IOException {
        return Files.readString(directory().resolve(name));
    }

    /** The daemon reads the specification once more when the container is made. */
    private static void hooks(Shim shim, String hooks) throws IOException {
        var file = shim.bundle().resolve("config.json");
        var json = Files.readString(file);
        Files.writeString(
                file, json.substring(0, json.lastIndexOf('}')) + ", \"hooks\": " + hooks + "}");
    }
}
