package io.saya.io;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import com.google.protobuf.ByteString;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Appends to a file, or writes to a device. Each chunk is one write(2) with O_APPEND as far as the
 * kernel takes it, so stdout and stderr may name the same file.
 */
final class FileSink implements OutputSink {
    private static final Log LOG = Log.of("stdio");

    private final OverlappedWriter writer;
    private final KeptOutput kept;
    private final boolean regularFile;

    private FileSink(
            FileChannel channel, boolean regularFile, BlockingThreads threads, KeptOutput kept) {
        this.writer = new OverlappedWriter(channel, threads, kept);
        this.kept = kept;
        this.regularFile = regularFile;
    }

    /** Opens what exists. */
    static FileSink existing(Path path, FileKind kind, BlockingThreads threads, KeptOutput kept)
            throws IOException {
        return new FileSink(FileChannel.open(path, APPEND), kind.isRegularFile(), threads, kept);
    }

    /** Opens a file of mode 0644, making it and its directories (0755) where they are missing. */
    static FileSink created(Path path, BlockingThreads threads, KeptOutput kept)
            throws IOException {
        Path directory = path.getParent();
        if (directory != null) {
            Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwxr-xr-x")));
        }
        FileChannel channel =
                FileChannel.open(
                        path,
                        Set.of(CREATE, APPEND),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-r--r--")));
        try {
            return new FileSink(channel, FileKind.of(path).isRegularFile(), threads, kept);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public void write(ByteString chunk) throws IOException {
        // The page cache takes a small chunk at once; a device or a large chunk may take its time.
        if (regularFile && chunk.size() <= DIRECT_BYTES) {
            writer.writeNow(chunk);
        } else {
            writer.write(chunk);
        }
    }

    @Override
    public void finish(Runnable written, Runnable clientAway) throws IOException {
        writer.awaitWritten();
        kept.ended();
        writer.close();
    }

    @Override
    public KeptOutput output() {
        return kept;
    }

    @Override
    public @Nullable ByteString hold() {
        return writer.isIdle() ? ByteString.EMPTY : null;
    }

    @Override
    public void release() {}

    @Override
    public void close() {
        kept.ended();
        try {
            writer.close();
        } catch (IOException e) {
            LOG.warn("output file was not closed", "error", e);
        }
    }
}
