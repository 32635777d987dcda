package io.saya.test.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Containerd;
import io.saya.test.Ran;
import io.saya.test.WithProduct;
import io.saya.test.cri.Node;
import io.saya.test.cri.Pod;
import io.saya.test.cri.PodSuite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What files do ({@code test/files/probe.c}), wherever a container has some: on the root and the
 * volumes of a pod's container, and on the root of one that is started alone.
 */
@WithProduct
@Timeout(600)
final class FilesTest extends PodSuite {

    private static final String ON_DISKS =
            """
            [runtime]
            emptydir_mode = "block-plain"
            """;

    @Override
    protected Node newNode() {
        return Node.with(ON_DISKS);
    }

    @Test
    void theyDoWhatTheyDoWithRunc() throws IOException {
        Path probe = node().logs().resolveSibling("probe");
        Ran.run(
                        Duration.ofSeconds(60),
                        "gcc",
                        "-std=gnu17",
                        "-O1",
                        "-static",
                        "-o",
                        probe.toString(),
                        Containerd.product().resolve("../../../test/files/probe.c").toString())
                .succeeded();
        Map<String, String> runc = new TreeMap<>();
        Map<String, String> saya = new TreeMap<>();
        ofPod(Node.RUNC, probe, runc);
        alone(SideBySide.RUNC, probe, runc);
        ofPod(Node.handler(), probe, saya);
        alone(Containerd.runtime(), probe, saya);
        assertThat(runc.size()).as("answers").isGreaterThan(4 * 120);
        assertThat(Differences.under("What files do").unwanted(runc, saya))
                .as("what differs from runc, and is not in the table of test/README.md")
                .isEmpty();
    }

    private void ofPod(String handler, Path probe, Map<String, String> found) throws IOException {
        var place = Files.createDirectories(node().logs().resolveSibling("pods/" + handler));
        var hostPath = Files.createDirectory(place.resolve("hostPath"));
        var emptyDir =
                Files.createDirectories(
                        place.resolve("volumes/kubernetes.io~empty-dir/" + handler));
        var pod = Pod.run(node(), handler, UnaryOperator.identity());
        var container =
                pod.start(
                        pod.create(
                                "files",
                                config -> {
                                    Pod.mount(config, probe, "/probe", true);
                                    Pod.mount(config, hostPath, "/hostPath", false);
                                    Pod.mount(config, emptyDir, "/emptyDir", false);
                                    return config.addCommand("sleep").addArgs("1000");
                                }));
        for (var at : List.of("/root", "/hostPath", "/emptyDir")) {
            var ran = pod.exec(container, "sh", "-c", "mkdir -p $0; exec /probe $0/probed", at);
            assertThat(ran.status()).as(ran.err()).isZero();
            add(found, at.substring(1), ran.out());
        }
        pod.stop();
        pod.remove();
    }

    private static void alone(String runtime, Path probe, Map<String, String> found)
            throws IOException {
        try (var side = new SideBySide("")) {
            var specification =
                    side.specification("/probe", "/probed").withProcess("noNewPrivileges", "false");
            Files.copy(
                    probe,
                    specification.root().resolve("probe"),
                    StandardCopyOption.COPY_ATTRIBUTES);
            add(found, "alone", side.run(runtime, side.newId(), specification).succeeded().out());
        }
    }

    private static void add(Map<String, String> found, String place, String lines) {
        lines.lines()
                .map(line -> line.split("\t", 2))
                .filter(words -> words.length == 2)
                .forEach(words -> found.put(place + " " + words[0], words[1]));
    }
}
