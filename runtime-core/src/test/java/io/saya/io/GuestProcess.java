package io.saya.io;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The process in the guest, played by one of the host; its pipes block as an agent does. */
final class GuestProcess implements GuestStreams {
    private final Process process;

    /** Reading a process's pipe would keep the carrier of the virtual thread that calls. */
    private final ExecutorService threads =
            Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());

    GuestProcess(String script) throws IOException {
        process = new ProcessBuilder("sh", "-c", script).start();
    }

    @Override
    public ByteString readStdout(int max) throws IOException {
        return blocking(() -> read(process.getInputStream(), max));
    }

    @Override
    public ByteString readStderr(int max) throws IOException {
        return blocking(() -> read(process.getErrorStream(), max));
    }

    private static ByteString read(InputStream stream, int max) throws IOException {
        byte[] buffer = new byte[max];
        int count = stream.read(buffer);
        return count < 0 ? ByteString.EMPTY : ByteString.copyFrom(buffer, 0, count);
    }

    @Override
    public void writeStdin(ByteString data) throws IOException {
        blocking(
                () -> {
                    data.writeTo(process.getOutputStream());
                    process.getOutputStream().flush();
                    return true;
                });
    }

    @Override
    public void closeStdin() throws IOException {
        blocking(
                () -> {
                    process.getOutputStream().close();
                    return true;
                });
    }

    private <T> T blocking(Callable<T> call) throws IOException {
        try {
            return threads.submit(call).get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        threads.shutdown();
    }
}
