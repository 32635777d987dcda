package io.saya.cgroup.dbus;

import io.saya.cgroup.dbus.DBusMessage.Field;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What systemd does when it is asked for a scope, as a peer at a socket of its own or behind a bus.
 * Each client is served to its end, one after the other.
 */
public final class FakeManager implements AutoCloseable {
    private static final String NAME = "org.freedesktop.systemd1";
    private static final String PATH = "/org/freedesktop/systemd1";
    private static final String INTERFACE = NAME + ".Manager";
    private static final String JOB = PATH + "/job/7";
    private static final String PROPERTIES_FOLLOW = "ssa(sv)a(sa(sv))";

    private final @Nullable ServerSocketChannel server;
    private final Behaviour behaviour;
    private final LinkedBlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private volatile @Nullable SocketChannel client;
    private long serial;

    /** What it does when it is asked for a unit. */
    public enum Behaviour {
        OBEYS,
        REFUSES,
        FAILS,
        SAYS_NOTHING,
        TALKS_NONSENSE,
        HANGS_UP
    }

    /** A unit that was asked for. */
    public record Asked(String unit, String mode, Map<String, String> properties) {}

    private FakeManager(@Nullable ServerSocketChannel server, Behaviour behaviour) {
        this.server = server;
        this.behaviour = behaviour;
    }

    /** Listens at a socket, as systemd itself does. */
    public static FakeManager at(Path socket, Behaviour behaviour) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        FakeManager manager = new FakeManager(server, behaviour);
        manager.ready.complete(null);
        Thread.ofVirtual().start(() -> manager.accept(server));
        return manager;
    }

    /** Takes systemd's name on a bus. */
    public static FakeManager on(Path bus, Behaviour behaviour) throws Exception {
        FakeManager manager = new FakeManager(null, behaviour);
        Thread.ofVirtual().start(() -> manager.join(bus));
        manager.ready.get(30, TimeUnit.SECONDS);
        return manager;
    }

    /** The next unit that was asked for. */
    public Asked asked() throws InterruptedException {
        Asked next = asked.poll(30, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nobody asked for a unit");
        }
        return next;
    }

    private void accept(ServerSocketChannel listening) {
        try {
            while (true) {
                try (SocketChannel channel = listening.accept()) {
                    client = channel;
                    InputStream in = Channels.newInputStream(channel);
                    OutputStream out = Channels.newOutputStream(channel);
                    greet(in, out);
                    serve(in, out);
                }
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private static void greet(InputStream in, OutputStream out) throws IOException {
        String hello = line(in);
        if (!hello.equals("\0AUTH EXTERNAL " + hex(uid()))) {
            out.write("REJECTED EXTERNAL\r\n".getBytes(StandardCharsets.US_ASCII));
            throw new IOException("no greeting: " + hello);
        }
        out.write("OK 0123456789abcdef0123456789abcdef\r\n".getBytes(StandardCharsets.US_ASCII));
        if (!line(in).equals("BEGIN")) {
            throw new IOException("no beginning");
        }
    }

    private static String uid() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString();
    }

    private static String hex(String text) {
        StringBuilder hex = new StringBuilder();
        text.chars().forEach(c -> hex.append(Integer.toHexString(c)));
        return hex.toString();
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.indexOf("\r\n") < 0) {
            int read = in.read();
            if (read < 0) {
                throw new IOException("hung up");
            }
            line.append((char) read);
        }
        return line.substring(0, line.length() - 2);
    }

    /** By the client's own hand, so that only the bus's words are new here. */
    private void join(Path bus) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(bus))) {
            client = channel;
            InputStream in = Channels.newInputStream(channel);
            OutputStream out = Channels.newOutputStream(channel);
            out.write(
                    ("\0AUTH EXTERNAL " + hex(uid()) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            if (!line(in).startsWith("OK ")) {
                throw new IOException("not taken");
            }
            out.write("BEGIN\r\n".getBytes(StandardCharsets.US_ASCII));
            call(out, "Hello", new DBusWriter(), "");
            call(out, "RequestName", new DBusWriter().string(NAME).uint32(0), "su");
            serve(in, out);
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
    }

    private void call(OutputStream out, String member, DBusWriter body, String signature)
            throws IOException {
        Map<Field, String> fields = new LinkedHashMap<>();
        fields.put(Field.DESTINATION, "org.freedesktop.DBus");
        fields.put(Field.PATH, "/org/freedesktop/DBus");
        fields.put(Field.INTERFACE, "org.freedesktop.DBus");
        fields.put(Field.MEMBER, member);
        if (!signature.isEmpty()) {
            fields.put(Field.SIGNATURE, signature);
        }
        send(out, DBusMessage.Type.CALL, 0, fields, body);
    }

    private void serve(InputStream in, OutputStream out) throws IOException {
        while (true) {
            byte[] head = in.readNBytes(DBusMessage.HEAD);
            if (head.length < DBusMessage.HEAD) {
                return;
            }
            byte[] rest = in.readNBytes(DBusMessage.length(head) - head.length);
            byte[] whole = new byte[head.length + rest.length];
            System.arraycopy(head, 0, whole, 0, head.length);
            System.arraycopy(rest, 0, whole, head.length, rest.length);
            DBusMessage message = DBusMessage.parse(whole);
            if (message.type() == DBusMessage.Type.RETURN && message.replySerial() == 2) {
                ready.complete(null); // the bus has given us the name
            } else if (message.type() == DBusMessage.Type.CALL
                    && message.field(Field.MEMBER).equals("Subscribe")) {
                reply(out, message, Map.of(), new DBusWriter());
            } else if (message.type() == DBusMessage.Type.CALL && !start(out, message)) {
                return;
            }
        }
    }

    private boolean start(OutputStream out, DBusMessage call) throws IOException {
        DBusReader body = call.reader();
        if (!call.field(Field.MEMBER).equals("StartTransientUnit")
                || !call.field(Field.PATH).equals(PATH)
                || !call.field(Field.INTERFACE).equals(INTERFACE)
                || !call.field(Field.SIGNATURE).equals(PROPERTIES_FOLLOW)) {
            throw new IOException("an unknown call: " + call);
        }
        String unit = body.string();
        asked.add(new Asked(unit, body.string(), properties(body)));
        switch (behaviour) {
            case OBEYS, FAILS -> {
                // A job of somebody else's comes first, and one before the answer.
                removed(out, PATH + "/job/6", unit, "done");
                reply(out, call, Map.of(Field.SIGNATURE, "o"), new DBusWriter().string(JOB));
                removed(out, JOB, unit, behaviour == Behaviour.OBEYS ? "done" : "failed");
            }
            case REFUSES -> {
                Map<Field, String> fields = new LinkedHashMap<>();
                fields.put(Field.ERROR_NAME, NAME + ".UnitExists");
                fields.put(Field.SIGNATURE, "s");
                answer(
                        out,
                        call,
                        DBusMessage.Type.ERROR,
                        fields,
                        new DBusWriter().string("It is there."));
            }
            case SAYS_NOTHING -> {}
            case TALKS_NONSENSE ->
                    out.write(
                            "l\2\0\1\377\377\377\377aaaaaaaa"
                                    .getBytes(StandardCharsets.ISO_8859_1));
            case HANGS_UP -> {
                return false;
            }
        }
        return true;
    }

    private static Map<String, String> properties(DBusReader body) throws IOException {
        Map<String, String> properties = new LinkedHashMap<>();
        long length = body.uint32();
        body.align(8);
        long end = body.position() + length;
        while (body.position() < end) {
            body.align(8);
            String name = body.string();
            String type = body.signature();
            properties.put(
                    name,
                    switch (type) {
                        case "s" -> body.string();
                        case "b" -> body.uint32() == 1 ? "true" : "false";
                        case "au" -> body.uint32() / 4 + ":" + body.uint32();
                        default -> throw new IOException("type " + type);
                    });
        }
        return properties;
    }

    private void removed(OutputStream out, String job, String unit, String result)
            throws IOException {
        Map<Field, String> fields = new LinkedHashMap<>();
        fields.put(Field.PATH, PATH);
        fields.put(Field.INTERFACE, INTERFACE);
        fields.put(Field.MEMBER, "JobRemoved");
        fields.put(Field.SIGNATURE, "uoss");
        send(
                out,
                DBusMessage.Type.SIGNAL,
                0,
                fields,
                new DBusWriter().uint32(7).string(job).string(unit).string(result));
    }

    private void reply(
            OutputStream out, DBusMessage call, Map<Field, String> fields, DBusWriter body)
            throws IOException {
        answer(out, call, DBusMessage.Type.RETURN, fields, body);
    }

    private void answer(
            OutputStream out,
            DBusMessage call,
            DBusMessage.Type type,
            Map<Field, String> fields,
            DBusWriter body)
            throws IOException {
        Map<Field, String> all = new LinkedHashMap<>(fields);
        if (!call.field(Field.SENDER).isEmpty()) {
            all.put(Field.DESTINATION, call.field(Field.SENDER));
        }
        send(out, type, call.serial(), all, body);
    }

    private void send(
            OutputStream out,
            DBusMessage.Type type,
            long answers,
            Map<Field, String> fields,
            DBusWriter body)
            throws IOException {
        serial++;
        out.write(DBusMessage.of(type, serial, answers, fields, body).toBytes());
        out.flush();
    }

    @Override
    public void close() throws IOException {
        if (server != null) {
            server.close();
        }
        SocketChannel last = client;
        if (last != null) {
            last.close();
        }
    }
}
