package io.saya.cgroup.dbus;

import io.saya.cgroup.dbus.DBusMessage.Field;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A connection to a bus, or to a peer without one, as the user that this process is. All that is
 * done with it has one deadline together: methods block, but no longer, and throw {@link
 * IOException} then. Not thread safe.
 */
public final class DBusConnection implements AutoCloseable {
    private static final int LONGEST_LINE = 512;

    private final Path socket;
    private final long deadlineNanos;
    private final SocketChannel channel;
    private final Selector selector;

    /** Signals that came while an answer was waited for. */
    private final List<DBusMessage> signals = new ArrayList<>();

    private long serial;

    private DBusConnection(
            Path socket, long deadlineNanos, SocketChannel channel, Selector selector) {
        this.socket = socket;
        this.deadlineNanos = deadlineNanos;
        this.channel = channel;
        this.selector = selector;
    }

    /** Connects and says who this is (SASL, EXTERNAL). */
    public static DBusConnection open(Path socket, Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        Selector selector = null;
        try {
            channel.configureBlocking(false);
            selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            DBusConnection connection = new DBusConnection(socket, deadline, channel, selector);
            connection.authenticate();
            return connection;
        } catch (IOException e) {
            channel.close();
            if (selector != null) {
                selector.close();
            }
            throw e;
        }
    }

    private void authenticate() throws IOException {
        // The first byte is of the time when it carried credentials; the number is text, as hex.
        StringBuilder user = new StringBuilder();
        for (char digit : Integer.toString(uid()).toCharArray()) {
            user.append(Integer.toHexString(digit));
        }
        send(("\0AUTH EXTERNAL " + user + "\r\n").getBytes(StandardCharsets.US_ASCII));
        String answer = line();
        if (!answer.startsWith("OK ")) {
            throw new IOException(socket + " does not take us for who we are: " + answer);
        }
        send("BEGIN\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private static int uid() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (!line.toString().endsWith("\r\n")) {
            if (line.length() > LONGEST_LINE) {
                throw new IOException(socket + " does not speak D-Bus");
            }
            line.append((char) receive(1)[0]);
        }
        return line.substring(0, line.length() - 2);
    }

    /**
     * Makes a call and returns the answer.
     *
     * @param fields path, interface, member, and where there is a bus the destination; the
     *     signature of the body
     * @throws IOException with the other side's words if it answers with an error
     */
    public DBusMessage call(Map<Field, String> fields, DBusWriter body) throws IOException {
        serial++;
        send(DBusMessage.of(DBusMessage.Type.CALL, serial, 0, fields, body).toBytes());
        while (true) {
            DBusMessage message = next();
            if (message.type() == DBusMessage.Type.SIGNAL) {
                signals.add(message);
            } else if (message.replySerial() == serial) {
                if (message.type() == DBusMessage.Type.ERROR) {
                    throw new IOException(
                            fields.get(Field.MEMBER)
                                    + " at "
                                    + socket
                                    + ": "
                                    + message.field(Field.ERROR_NAME)
                                    + ": "
                                    + words(message));
                }
                return message;
            }
        }
    }

    private static String words(DBusMessage error) throws IOException {
        return error.field(Field.SIGNATURE).startsWith("s") ? error.reader().string() : "";
    }

    /** Waits for a signal; one that has come since the last call counts. */
    public DBusMessage signal(Predicate<DBusMessage> wanted) throws IOException {
        for (DBusMessage message : signals) {
            if (wanted.test(message)) {
                return message;
            }
        }
        while (true) {
            DBusMessage message = next();
            if (message.type() == DBusMessage.Type.SIGNAL && wanted.test(message)) {
                return message;
            }
        }
    }

    private DBusMessage next() throws IOException {
        byte[] head = receive(DBusMessage.HEAD);
        byte[] rest = receive(DBusMessage.length(head) - head.length);
        byte[] whole = new byte[head.length + rest.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(rest, 0, whole, head.length, rest.length);
        return DBusMessage.parse(whole);
    }

    private byte[] receive(int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            int read = channel.read(buffer);
            if (read < 0) {
                throw new IOException(socket + " has hung up");
            }
            if (read == 0) {
                await(SelectionKey.OP_READ);
            }
        }
        return buffer.array();
    }

    private void send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            if (channel.write(buffer) == 0) {
                await(SelectionKey.OP_WRITE);
            }
        }
    }

    private void await(int operation) throws IOException {
        long left = (deadlineNanos - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
            throw new SocketTimeoutException(socket + " does not answer in time");
        }
        channel.keyFor(selector).interestOps(operation);
        selector.select(left);
        selector.selectedKeys().clear();
        if (Thread.currentThread().isInterrupted()) {
            throw new IOException("interrupted while " + socket + " is waited for");
        }
    }

    @Override
    public void close() throws IOException {
        try (channel;
                selector) {
            signals.clear();
        }
    }
}
