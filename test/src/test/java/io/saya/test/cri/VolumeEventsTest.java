package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Containerd;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Volumes that a kubelet fills: who watches them learns of changes. */
@WithProduct
final class VolumeEventsTest extends PodSuite {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** What a kubelet does, from the content of a directory: arguments are the volume and that. */
    private static final String WRITE =
            """
            cd "$0"
            old=$(readlink ..data || :)
            new=..$(date +%Y_%m_%d_%H_%M_%S.%N)
            mkdir -m 755 "$new"
            cp -a "$1/." "$new"
            ln -s "$new" ..data_tmp; mv -T ..data_tmp ..data
            for key in $(ls "$new"); do [ -L "$key" ] || ln -s "..data/$key" "$key"; done
            for key in *; do [ -e "..data/$key" ] || rm "$key"; done
            [ -z "$old" ] || rm -r "$old"
            """;

    /** SIGTERM ends the shell, and with it the pod's process. */
    private static final String WATCH = "trap 'exit 0' TERM; /watch /config & wait";

    @Test
    void whoWatchesAConfigMapLearnsOfItsChange() throws IOException {
        var place = node().logs().resolveSibling("pods-" + System.nanoTime() + "/volumes");
        var config = place.resolve("kubernetes.io~configmap/config");
        var secret = place.resolve("kubernetes.io~secret/config");
        var content = Files.createDirectories(place.resolve("content"));
        Files.writeString(content.resolve("app.yaml"), "old: true\n");
        Files.writeString(content.resolve("gone"), "");
        Ran.run(
                        LIMIT,
                        "sh",
                        "-ec",
                        "chown 5:7 \"$0\"; chmod 440 \"$0\"",
                        content.resolve("app.yaml") + "")
                .succeeded();
        write(config, content);
        write(secret, content);

        compileWatch();

        var pod = pod();
        var watching = started(pod, "watching", config, secret);
        var other = started(pod, "other", config, secret);
        assertThat(sh(pod, watching, "cat /config/app.yaml; stat -Lc '%a %u %g' /secret/app.yaml"))
                .isEqualTo("old: true\n440 5 7\n");
        assertThat(pod.exec(watching, "touch", "/config/x").err()).contains("Read-only");
        assertThat(sh(pod, watching, "cd /config; find . | sort; ls -ld . | cut -c1-10"))
                .isEqualTo(
                        Ran.run(
                                        LIMIT,
                                        "sh",
                                        "-c",
                                        "cd \"$0\"; find . | LC_ALL=C sort; ls -ld . | cut -c1-10",
                                        config.toString())
                                .out());
        assertThat(Wait.until(LIMIT, () -> pod.log(watching).contains("watching"))).isTrue();

        Files.writeString(content.resolve("app.yaml"), "new: true\n");
        Files.writeString(content.resolve("more"), "");
        Files.delete(content.resolve("gone"));
        write(config, content);
        assertThat(Wait.until(LIMIT, () -> pod.log(watching).contains("delete gone")))
                .as("events: %s", pod.log(watching))
                .isTrue();
        assertThat(pod.log(watching))
                .containsSubsequence(
                        "create ..data_tmp",
                        "moved-from ..data_tmp",
                        "moved-to ..data",
                        "create more",
                        "delete gone");
        for (var container : List.of(watching, other)) {
            assertThat(sh(pod, container, "cat /config/app.yaml; ls /config /secret"))
                    .isEqualTo("new: true\n/config:\napp.yaml\nmore\n\n/secret:\napp.yaml\ngone\n");
        }
        // One that starts again sees what is newest.
        pod.stop(watching, Duration.ofSeconds(2));
        pod.remove(watching);
        Files.writeString(content.resolve("more"), "3\n");
        write(config, content);
        var again = started(pod, "again", config, secret);
        assertThat(sh(pod, again, "cat /config/more")).isEqualTo("3\n");

        // Another daemon follows them as well.
        Ran.run(LIMIT, Containerd.product().resolve("bin/saya").toString(), "upgrade", pod.id())
                .succeeded();
        Files.writeString(content.resolve("more"), "4\n");
        write(config, content);
        assertThat(Wait.until(LIMIT, () -> sh(pod, again, "cat /config/more").equals("4\n")))
                .isTrue();
    }

    private Path watch() {
        return node().logs().resolveSibling("watch");
    }

    private void compileWatch() {
        var _ =
                Ran.run(
                                LIMIT,
                                "gcc",
                                "-std=gnu17",
                                "-O1",
                                "-static",
                                "-o",
                                watch().toString(),
                                Containerd.product()
                                        .resolve("../../../test/files/watch.c")
                                        .toString())
                        .succeeded();
    }

    private static void write(Path volume, Path content) throws IOException {
        Files.createDirectories(volume);
        Ran.run(LIMIT, "sh", "-ec", WRITE, volume.toString(), content.toString()).succeeded();
    }

    private String started(Pod pod, String name, Path config, Path secret) {
        return pod.start(
                pod.create(
                        name,
                        container -> {
                            Pod.mount(container, watch(), "/watch", true);
                            Pod.mount(container, config, "/config", true);
                            Pod.mount(container, secret, "/secret", true);
                            return container.addCommand("sh").addArgs("-c").addArgs(WATCH);
                        }));
    }

    private static String sh(Pod pod, String container, String script) {
        var ran = pod.exec(container, "sh", "-ec", script);
        assertThat(ran.status()).as(script + ": " + ran.err()).isZero();
        return ran.out();
    }
}
