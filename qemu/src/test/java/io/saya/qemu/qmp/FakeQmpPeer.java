package io.saya.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.json.Json;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for QEMU's monitor where a real one cannot be brought to misbehave. Serves one client.
 */
public final class FakeQmpPeer implements AutoCloseable {
    public static final String GREETING =
            "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7},"
                    + " \"package\": \"\"}, \"capabilities\": [\"oob\"]}}\r\n";

    private final ServerSocketChannel server;
    private final Path socket;
    private volatile @Nullable Client client;

    /** Listens at {@code socket}. */
    public FakeQmpPeer(Path socket) throws IOException {
        this.socket = socket;
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
    }

    /** Where it listens. */
    public Path socket() {
        return socket;
    }

    /** Waits for the client, without greeting it. */
    public Client accept() throws IOException {
        Client accepted = new Client(server.accept());
        client = accepted;
        return accepted;
    }

    /** Waits for the client, greets it and takes its {@code qmp_capabilities}. */
    public Client acceptAndGreet() throws IOException {
        Client greeted = accept();
        greeted.send(GREETING);
        JsonObject command = greeted.receive();
        if (!command.string("execute").orElse("").equals("qmp_capabilities")) {
            throw new IOException("client began with " + command);
        }
        greeted.reply(command, JsonObject.EMPTY);
        return greeted;
    }

    @Override
    public void close() throws IOException {
        server.close();
        Client accepted = client;
        if (accepted != null) {
            accepted.close();
        }
    }

    /** The connection to the one client. */
    public static final class Client implements AutoCloseable {
        private final SocketChannel channel;
        private final BufferedReader lines;

        private Client(SocketChannel channel) {
            this.channel = channel;
            this.lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        }

        /** The next command. */
        public JsonObject receive() throws IOException {
            String line = lines.readLine();
            if (line == null) {
                throw new IOException("the client is gone");
            }
            return Json.parseObject(line);
        }

        /** Sends text as it is. */
        public void send(String text) throws IOException {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        /** Answers a command. */
        public void reply(JsonObject command, JsonValue result) throws IOException {
            send("{\"return\": " + result + ", \"id\": " + command.get("id") + "}\r\n");
        }

        /** Takes the next command, which must be this one, and says that it is done. */
        public void answer(String command, String arguments) throws IOException {
            JsonObject received = receive();
            assertThat(received.string("execute")).contains(command);
            assertThat(received.object("arguments")).contains(Json.parseObject(arguments));
            reply(received, JsonObject.EMPTY);
        }

        /** Answers a command with an error. */
        public void refuse(JsonObject command, String why) throws IOException {
            refuse(command, "GenericError", why);
        }

        /** Answers a command with an error of a class of its own. */
        public void refuse(JsonObject command, String errorClass, String why) throws IOException {
            send(
                    "{\"error\": {\"class\": \""
                            + errorClass
                            + "\", \"desc\": \""
                            + why
                            + "\"}, \"id\": "
                            + command.get("id")
                            + "}\r\n");
        }

        /** Tells of an event. */
        public void event(String name, JsonObject data) throws IOException {
            send(
                    "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \""
                            + name
                            + "\", \"data\": "
                            + data
                            + "}\r\n");
        }

        /** Answers commands in a thread of its own until the client goes. */
        public void serve(Function<String, JsonValue> answers) {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    while (true) {
                                        JsonObject command = receive();
                                        reply(
                                                command,
                                                answers.apply(
                                                        command.string("execute").orElse("")));
                                    }
                                } catch (IOException | UncheckedIOException e) {
                                    // The client went.
                                }
                            });
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
