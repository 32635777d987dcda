package io.saya.monitor.scrape;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads the body of an answer, by its length, by chunks, or to the end, and never more than may be.
 */
final class AnswerBody {
    private final InputStream in;
    private final int maxBytes;
    private final String source;

    AnswerBody(InputStream in, int maxBytes, String source) {
        this.in = in;
        this.maxBytes = maxBytes;
        this.source = source;
    }

    /**
     * All of it. Blocks.
     *
     * @throws ScrapeFailure if it is too long
     * @throws IOException if it ends early, or its chunks are none
     */
    byte[] read(AnswerHead head) throws IOException {
        if (head.chunked()) {
            return chunks();
        }
        if (head.length() >= 0) {
            if (head.length() > maxBytes) {
                throw tooLong();
            }
            return exactly((int) head.length());
        }
        byte[] all = in.readNBytes(maxBytes + 1);
        if (all.length > maxBytes) {
            throw tooLong();
        }
        return all;
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int size = chunkSize(); size > 0; size = chunkSize()) {
            if (size > maxBytes - all.size()) {
                throw tooLong();
            }
            all.write(exactly(size));
            if (!AnswerHead.line(in).isEmpty()) {
                throw new IOException("a chunk is longer than it says");
            }
        }
        return all.toByteArray();
    }

    private int chunkSize() throws IOException {
        String line = AnswerHead.line(in);
        int extension = line.indexOf(';');
        String digits = (extension < 0 ? line : line.substring(0, extension)).strip();
        if (!digits.matches("[0-9a-fA-F]{1,16}")) {
            throw new IOException("a chunk without its size");
        }
        long size = digits.length() > 7 ? Integer.MAX_VALUE : Long.parseLong(digits, 16);
        return (int) size;
    }

    private byte[] exactly(int size) throws IOException {
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new EOFException(
                    "the answer ended after " + bytes.length + " of " + size + " bytes");
        }
        return bytes;
    }

    private ScrapeFailure tooLong() {
        return new ScrapeFailure(
                FailureReason.TOO_LARGE, source + ": longer than " + maxBytes + " bytes");
    }
}
