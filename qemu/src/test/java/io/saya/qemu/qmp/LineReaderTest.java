package io.saya.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineReaderTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100_000})
    void linesAreFoundHoweverTheyAreCut(int chunk) throws IOException {
        String longLine = "x".repeat(10_000);
        assertThat(lines("a\r\n\nbc\n\r\nd\re\n" + longLine + "\nunfinished", 10_000, chunk))
                .containsExactly("a", "", "bc", "", "d\re", longLine);
    }

    @Test
    void aLineMayBeAsLongAsTheLimitAndNoLonger() throws IOException {
        assertThat(lines("12345\n", 5, 3)).containsExactly("12345");
        assertThatExceptionOfType(LineReader.TooLongException.class)
                .isThrownBy(() -> lines("123456\n", 5, 3))
                .withMessage("line of more than 5 bytes");
    }

    @Test
    void aLineMayComeInManyPiecesAndNotInAnyNumber() throws IOException {
        String line = "x".repeat(LineReader.MAX_READS - 1);
        assertThat(lines(line + "\n", 100_000, 1)).containsExactly(line);
        assertThatExceptionOfType(LineReader.TooLongException.class)
                .isThrownBy(() -> lines(line + "xx\n", 100_000, 1))
                .withMessage("line in more than 16384 pieces");
    }

    private static List<String> lines(String text, int limit, int chunk) throws IOException {
        ReadableByteChannel whole =
                Channels.newChannel(
                        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
        List<String> lines = new ArrayList<>();
        LineReader reader = new LineReader(new Chunks(whole, chunk), limit);
        for (byte[] line = reader.next(); line != null; line = reader.next()) {
            lines.add(new String(line, StandardCharsets.UTF_8));
        }
        return lines;
    }

    /** Gives at most so many bytes at a time. */
    private record Chunks(ReadableByteChannel channel, int size) implements ReadableByteChannel {
        @Override
        public int read(ByteBuffer target) throws IOException {
            ByteBuffer part = ByteBuffer.allocate(Math.min(size, target.remaining()));
            int count = channel.read(part);
            target.put(part.flip());
            return count;
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
