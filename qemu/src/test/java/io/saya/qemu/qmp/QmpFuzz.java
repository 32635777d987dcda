package io.saya.qemu.qmp;

import io.saya.json.JsonException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;

/** What a monitor says: lines, and messages in them. */
public final class QmpFuzz {
    private static final int LIMIT = 2048;

    private QmpFuzz() {}

    /** Reads all as QEMU's words. */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        LineReader lines =
                new LineReader(Channels.newChannel(new ByteArrayInputStream(input)), LIMIT);
        try {
            for (byte[] line = lines.next(); line != null; line = lines.next()) {
                message(line);
            }
        } catch (LineReader.TooLongException _) {
            // The end of the connection.
        }
    }

    private static void message(byte[] line) {
        try {
            QmpMessage said = QmpMessage.parse(line);
            if (said instanceof QmpMessage.Event(QmpEvent event)
                    && event.data().members().size() > line.length) {
                throw new AssertionError(event);
            }
        } catch (JsonException _) {
            // Likewise.
        }
    }
}
