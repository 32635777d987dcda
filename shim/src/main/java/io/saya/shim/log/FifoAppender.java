package io.saya.shim.log;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.jspecify.annotations.Nullable;

/**
 * Writes to containerd's log FIFO without ever waiting for its reader. The FIFO is opened for
 * reading and writing: that needs no reader, and containerd's absence gives no EPIPE. A pipe
 * without a reader fills up, and a write to a full one would block; so a line is written only while
 * the pipe is less than half full, and dropped otherwise.
 *
 * <p>Half, because the kernel counts pages and not bytes: a line that does not fit into the rest of
 * the last page takes a new one, so up to half of each page may be lost (pipe(7); 16 pages). All
 * writes come from one thread.
 */
final class FifoAppender extends AbstractAppender {
    /** Bytes that may wait unread. The default pipe holds 65536. */
    static final int UNREAD_LIMIT = 24 * 1024;

    private final RandomAccessFile fifo;
    private final FileInputStream unread;
    private final LossCount loss;

    private FifoAppender(RandomAccessFile fifo, String sandbox, LossCount loss) throws IOException {
        super("containerd", null, new LogrusLayout(sandbox), true, Property.EMPTY_ARRAY);
        this.fifo = fifo;
        this.unread = new FileInputStream(fifo.getFD());
        this.loss = loss;
    }

    /**
     * Opens the FIFO.
     *
     * @return null if there is none, as for a daemon that was not started by containerd
     */
    static @Nullable FifoAppender open(Path path, String sandbox, LossCount loss)
            throws IOException {
        boolean isFifo =
                Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                        && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                        && !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                        && !Files.isSymbolicLink(path);
        return isFifo
                ? new FifoAppender(new RandomAccessFile(path.toFile(), "rw"), sandbox, loss)
                : null;
    }

    @Override
    public void append(LogEvent event) {
        byte[] line = getLayout().toByteArray(event);
        try {
            if (unread.available() + line.length > UNREAD_LIMIT) {
                loss.add(1);
                return;
            }
            fifo.write(line);
        } catch (IOException _) {
            // The log cannot report its own failure but by the count.
            loss.add(1);
        }
    }

    @Override
    public void stop() {
        super.stop();
        try {
            fifo.close();
        } catch (IOException _) {
            // The descriptor is gone either way.
        }
    }
}
