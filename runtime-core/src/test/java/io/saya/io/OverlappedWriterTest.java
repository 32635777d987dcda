package io.saya.io;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OverlappedWriterTest {

    /** A channel that fails otherwise than expected. */
    private static final class Broken implements WritableByteChannel {
        @Override
        public int write(ByteBuffer bytes) {
            throw new IllegalStateException("nobody has thought of it");
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    @Test
    void whatAFaultKeptFromBeingWrittenIsNotTakenForWritten() throws IOException {
        try (OverlappedWriter writer =
                new OverlappedWriter(new Broken(), new BlockingThreads(), KeptOutput.NOT)) {
            writer.write(ByteString.copyFromUtf8("lost"));
            assertThatThrownBy(writer::awaitWritten)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("nobody has thought of it");
        }
    }
}
