package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RunDirectoryTest {

    private static final int SHARES = 2_000;

    @TempDir Path parent;

    /** A container takes its shares back while the sandbox goes. */
    @Test
    void whatSomebodyElseRemovesMeanwhileKeepsNothing() throws Exception {
        Path directory = parent.resolve("sandbox");
        RunDirectory.create(directory);
        Path shares = Files.createDirectory(directory.resolve("mounts"));
        for (int i = 0; i < SHARES; i++) {
            Files.createDirectory(shares.resolve("share" + i));
        }
        AtomicBoolean removing = new AtomicBoolean();
        CompletableFuture<Void> other =
                CompletableFuture.runAsync(
                        () -> {
                            removing.set(true);
                            for (int i = SHARES - 1; i >= 0; i--) {
                                try {
                                    Files.deleteIfExists(shares.resolve("share" + i));
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            }
                        });
        while (!removing.get()) {
            Thread.onSpinWait();
        }
        RunDirectory.remove(directory, false);
        other.join();
        assertThat(directory).doesNotExist();
    }
}
