package io.saya.io;

import io.saya.lifecycle.SupervisedLoop;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/**
 * Takes the connections of a socket that listens, until that is closed: one that cannot be taken,
 * since no descriptor is free, say, or since its client has left, is not the end.
 */
public final class Clients {

    private Clients() {}

    /**
     * Takes one connection after the other; blocks until the listener is closed.
     *
     * @param undone for the log: what is not done while that fails
     * @param taken gets each connection, and closes it; must not block
     */
    public static void takeAll(
            Log log, String undone, ServerSocketChannel listener, Consumer<SocketChannel> taken) {
        SupervisedLoop.run(log, undone, () -> listener.isOpen() && take(listener, taken));
    }

    private static boolean take(ServerSocketChannel listener, Consumer<SocketChannel> taken)
            throws IOException {
        SocketChannel client;
        try {
            client = listener.accept();
        } catch (IOException e) {
            if (!listener.isOpen()) {
                return false;
            }
            throw e;
        }
        // A virtual thread in accept() holds the listener open until it has woken up, and may bring
        // a connection made after close().
        if (!listener.isOpen()) {
            client.close();
            return false;
        }
        try {
            taken.accept(client);
        } catch (RuntimeException | Error e) {
            client.close();
            throw e;
        }
        return true;
    }
}
