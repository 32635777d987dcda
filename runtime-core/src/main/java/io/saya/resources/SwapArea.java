package io.saya.resources;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What mkswap(8) writes: the header by which Linux knows an area to swap to. */
final class SwapArea {
    private static final int PAGE = 4096;

    /** Behind the room for a boot loader. */
    private static final int HEADER = 1024;

    private static final byte[] SIGNATURE = "SWAPSPACE2".getBytes(StandardCharsets.US_ASCII);

    private SwapArea() {}

    /**
     * Makes an area of a file, which is sparse but for the header.
     *
     * @param bytes whole pages of 4 KiB, at least two
     */
    static void make(Path file, long bytes) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(PAGE).order(ByteOrder.nativeOrder());
        // Version and the number of the last page; no bad pages, and neither a UUID nor a label.
        header.putInt(HEADER, 1).putInt(HEADER + Integer.BYTES, (int) (bytes / PAGE - 1));
        header.put(PAGE - SIGNATURE.length, SIGNATURE);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), bytes - 1);
            while (header.hasRemaining()) {
                channel.write(header, header.position());
            }
        }
    }
}
