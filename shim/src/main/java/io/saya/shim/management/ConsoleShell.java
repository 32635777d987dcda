package io.saya.shim.management;

import io.saya.hypervisor.GuestConsole;
import io.saya.hypervisor.GuestShell;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * The shell on the guest's console, one session at a time. What is not read in time is dropped: the
 * guest must not wait for an operator.
 */
public final class ConsoleShell implements GuestShell {
    /** Pieces of at most 4 KiB that may wait for the client. */
    private static final int WAITING = 256;

    private final GuestConsole console;

    /** The shell on this console. */
    public ConsoleShell(GuestConsole console) {
        this.console = console;
    }

    @Override
    public Session open() throws IOException {
        BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(WAITING);
        AutoCloseable attachment = console.attach(waiting::offer);
        return new Session() {
            @Override
            public byte[] read() throws InterruptedException {
                return waiting.take();
            }

            @Override
            public void type(byte[] bytes) throws IOException {
                console.type(bytes);
            }

            @Override
            public void close() {
                try {
                    attachment.close();
                } catch (Exception e) {
                    throw new IllegalStateException("detach: " + e.getMessage(), e);
                }
            }
        };
    }
}
