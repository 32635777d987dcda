package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SwapAreaTest {
    private static final int PAGE = 4096;

    @Test
    void itIsWhatMkswapWritesAndSparse(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("area"));
        SwapArea.make(file, 64 << 20);
        assertThat(Files.size(file)).isEqualTo(64 << 20);
        byte[] page = new byte[PAGE];
        try (var in = Files.newInputStream(file)) {
            assertThat(in.readNBytes(page, 0, PAGE)).isEqualTo(PAGE);
        }
        ByteBuffer header = ByteBuffer.wrap(page).order(ByteOrder.nativeOrder());
        assertThat(header.getInt(1024)).isEqualTo(1);
        assertThat(header.getInt(1028)).isEqualTo((64 << 20) / PAGE - 1);
        assertThat(header.getInt(1032)).isZero();
        assertThat(new String(page, PAGE - 10, 10, StandardCharsets.US_ASCII))
                .isEqualTo("SWAPSPACE2");
    }
}
