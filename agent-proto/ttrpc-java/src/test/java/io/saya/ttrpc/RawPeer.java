package io.saya.ttrpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A peer that says exactly what a test wants it to say, made without the code under test. */
final class RawPeer implements AutoCloseable {
    static final int REQUEST = 1;
    static final int RESPONSE = 2;
    static final int DATA = 3;
    static final int CLOSED = 1;
    static final int OPEN = 2;
    static final int NO_DATA = 4;

    /** A frame as it was received. */
    record Frame(int streamId, int type, int flags, ByteString payload) {}

    private final SocketChannel channel;

    private RawPeer(SocketChannel channel) {
        this.channel = channel;
    }

    static RawPeer connect(Path socket) throws IOException {
        return new RawPeer(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    }

    static ServerSocketChannel listen(Path socket) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        return server;
    }

    static RawPeer accept(ServerSocketChannel server) throws IOException {
        return new RawPeer(server.accept());
    }

    void send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    void sendHeader(int length, int streamId, int type, int flags) throws IOException {
        send(withHeader(length, streamId, type, flags, new byte[0]));
    }

    /** In one write: who reads the header may hang up before the payload is written. */
    void sendFrame(int streamId, int type, int flags, byte[] payload) throws IOException {
        send(withHeader(payload.length, streamId, type, flags, payload));
    }

    private static byte[] withHeader(
            int length, int streamId, int type, int flags, byte[] payload) {
        return ByteBuffer.allocate(10 + payload.length)
                .putInt(length)
                .putInt(streamId)
                .put((byte) type)
                .put((byte) flags)
                .put(payload)
                .array();
    }

    void sendData(int streamId, int flags, MessageLite message) throws IOException {
        sendFrame(streamId, DATA, flags, message.toByteArray());
    }

    void sendRequest(int streamId, int flags, String method, MessageLite message)
            throws IOException {
        sendFrame(streamId, REQUEST, flags, request(EchoBinding.NAME, method, message));
    }

    static byte[] request(String service, String method, MessageLite message) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeString(1, service);
        out.writeString(2, method);
        out.writeByteArray(3, message.toByteArray());
        out.flush();
        return bytes.toByteArray();
    }

    static byte[] response(MessageLite message) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeByteArray(2, message.toByteArray());
        out.flush();
        return bytes.toByteArray();
    }

    byte[] readBytes(int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("after " + buffer.position() + " of " + count + " bytes");
            }
        }
        return buffer.array();
    }

    Frame readFrame() throws IOException {
        ByteBuffer header = ByteBuffer.wrap(readBytes(10));
        int length = header.getInt();
        int streamId = header.getInt();
        int type = header.get();
        int flags = header.get();
        return new Frame(streamId, type, flags, ByteString.copyFrom(readBytes(length)));
    }

    /** Reads a response frame and says what is in it: {@code stream code message payload}. */
    String readResponse() throws IOException {
        Frame frame = readFrame();
        if (frame.type() != RESPONSE || frame.flags() != 0) {
            return "no response: " + frame;
        }
        int code = 0;
        String text = "";
        int payload = 0;
        CodedInputStream in = frame.payload().newCodedInput();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == 0x0a) {
                int limit = in.pushLimit(in.readRawVarint32());
                for (int inner = in.readTag(); inner != 0; inner = in.readTag()) {
                    if (inner == 0x08) {
                        code = in.readInt32();
                    } else {
                        text = in.readString();
                    }
                }
                in.popLimit(limit);
            } else {
                payload = in.readBytes().size();
            }
        }
        return frame.streamId() + " code " + code + " '" + text + "' " + payload + " bytes";
    }

    /** True if the other side is there and has sent nothing. */
    boolean readsNothingYet() throws IOException {
        channel.configureBlocking(false);
        try {
            return channel.read(ByteBuffer.allocate(1)) == 0;
        } finally {
            channel.configureBlocking(true);
        }
    }

    /** True if the other side has hung up, be it without having read all that it was sent. */
    boolean readsEnd() {
        try {
            return channel.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
