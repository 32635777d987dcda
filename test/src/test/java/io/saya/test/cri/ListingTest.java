package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ImageSpec;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * A process that lists a directory sees every file that nobody touches, whatever happens to others
 * there meanwhile.
 */
@WithProduct
final class ListingTest extends PodSuite {
    private static final int STAYING = 600;
    private static final int ROUNDS = "1".equals(System.getProperty("saya.full")) ? 60 : 8;

    /** Makes the files that stay, so many that a listing takes several reads. */
    private static final String FILL =
            "mkdir -p $0 && cd $0 && i=0 && while [ $i -lt %d ]; do : > stays-$i; i=$((i+1)); done"
                    .formatted(STAYING);

    /** Lists and stats each entry; a line with the number of files that stay for each listing. */
    private static final String LIST =
            "i=0; while [ $i -lt %d ]; do ls -l $0 2>/dev/null | grep -c stays-; i=$((i+1)); done"
                    .formatted(ROUNDS);

    private static final String LIST_WHILE_THE_GUEST_DELETES =
            """
            cd $0
            (while [ ! -e /tmp/done ]; do
               for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do : > goes-$i; done
               rm -f goes-*
             done) &
            %s
            touch /tmp/done; wait; rm /tmp/done"""
                    .formatted(LIST);

    @Test
    void whileOtherFilesAreDeleted() {
        var pod = sharedPod();
        var files = node().logs().resolveSibling("listing-" + pod.config().getHostname());
        var volume = files.resolve("volume");
        var empty = files.resolve("pods/uid/volumes/kubernetes.io~empty-dir/empty");
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config -> {
                                    Pod.mount(config, volume, "/volume", false);
                                    Pod.mount(config, empty, "/empty", false);
                                    return config.addCommand("sh").addArgs("-c").addArgs(Pod.IDLE);
                                }));
        for (var place : List.of("/listed", "/volume", "/empty")) {
            assertThat(pod.exec(container, "sh", "-c", FILL, place).status()).isZero();
        }
        for (var place : List.of("/listed", "/volume", "/empty")) {
            assertThat(pod.exec(container, "sh", "-c", LIST_WHILE_THE_GUEST_DELETES, place).out())
                    .as("%s while the guest deletes", place)
                    .isEqualTo((STAYING + "\n").repeat(ROUNDS));
        }
        // What a pod's container writes to its root is on a disk that the host does not look into.
        try (var _ = new Deleting(volume)) {
            assertAllStay(pod, container, "/volume");
        }
        try (var _ = new Deleting(empty)) {
            assertAllStay(pod, container, "/empty");
        }
    }

    /** As runc shows it: overlayfs itself lists a whiteout that has nothing to cover. */
    @Test
    void anImageDirectoryWithAWhiteoutThatCoversNothing() throws IOException {
        var layer = Files.createDirectories(node().logs().resolveSibling("layer"));
        var directory = Files.createDirectory(layer.resolve("listed"));
        var names = Set.of("a", "b", "c", "d", "e", "f", "g", "h", "i");
        for (var name : names) {
            Files.writeString(directory.resolve(name), name);
        }
        Files.createFile(directory.resolve(".wh.nothing"));
        var image = "saya.local/whiteout:latest";
        node().containerd().loadImage(image, layer);
        var pod = sharedPod();
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config ->
                                        config.setImage(ImageSpec.newBuilder().setImage(image))
                                                .addCommand("sh")
                                                .addArgs("-c")
                                                .addArgs(Pod.IDLE)));
        assertThat(
                        pod.exec(container, "sh", "-c", "ls -l /listed 2>/dev/null")
                                .out()
                                .lines()
                                .filter(line -> line.startsWith("-"))
                                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                                .collect(Collectors.toSet()))
                .isEqualTo(names);
    }

    private static void assertAllStay(Pod pod, String container, String place) {
        assertThat(pod.exec(container, "sh", "-c", LIST, place).out())
                .as("%s while the host deletes", place)
                .isEqualTo((STAYING + "\n").repeat(ROUNDS));
    }

    /** Makes and deletes files in a directory of the host until it is closed. */
    private static final class Deleting implements AutoCloseable {
        private static final int AT_ONCE = 16;

        private final AtomicBoolean closed = new AtomicBoolean();
        private final CompletableFuture<Void> work;

        Deleting(Path directory) {
            work = CompletableFuture.runAsync(() -> run(directory));
        }

        private void run(Path directory) {
            try {
                while (!closed.get()) {
                    for (var i = 0; i < AT_ONCE; i++) {
                        Files.createFile(directory.resolve("goes-" + i));
                    }
                    for (var i = 0; i < AT_ONCE; i++) {
                        Files.delete(directory.resolve("goes-" + i));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            closed.set(true);
            work.orTimeout(10, TimeUnit.SECONDS).join();
        }
    }
}
