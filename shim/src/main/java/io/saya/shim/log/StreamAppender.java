package io.saya.shim.log;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;

/**
 * Writes lines to the daemon's stderr. The guard reads it, passes on what containerd's log FIFO
 * takes, drops the rest, and keeps the last lines for the error of a {@code start} that fails: so a
 * containerd that is away or does not read blocks nobody.
 */
final class StreamAppender extends AbstractAppender {
    private final OutputStream stream;
    private final LossCount loss;

    StreamAppender(OutputStream stream, String sandbox, LossCount loss) {
        super("containerd", null, new LogrusLayout(sandbox), true, Property.EMPTY_ARRAY);
        this.stream = stream;
        this.loss = loss;
    }

    @Override
    public void append(LogEvent event) {
        try {
            stream.write(getLayout().toByteArray(event));
        } catch (IOException _) {
            // The log cannot report its own failure but by the count.
            loss.add(1);
        }
    }
}
