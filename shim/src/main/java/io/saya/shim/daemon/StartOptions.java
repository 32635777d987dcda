package io.saya.shim.daemon;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What containerd wrote to the stdin of {@code start}: nothing, an {@code Any} with the runtime's
 * options (containerd 1.6 to 2.2), or {@code BootstrapParams} with such an {@code Any} in an
 * extension (2.3 and later). Read by hand, since this stands between the start of the JVM and that
 * of the VM: protobuf's reader would look for classes of Android in all jars, for 23 ms. What is
 * not understood is ignored: options of a foreign runtime must not make {@code start} fail.
 *
 * @param configPath the runtime option {@code ConfigPath}
 */
record StartOptions(Optional<Path> configPath) {
    private static final String OPTIONS_TYPE = "runtimeoptions.v1.Options";

    // google.protobuf.Any
    private static final int ANY_TYPE_URL = 1;
    private static final int ANY_VALUE = 2;
    // containerd.runtime.bootstrap.v1.BootstrapParams and Extension
    private static final int BOOTSTRAP_INSTANCE_ID = 1;
    private static final int BOOTSTRAP_EXTENSIONS = 8;
    private static final int EXTENSION_VALUE = 1;
    // runtimeoptions.v1.Options
    private static final int OPTIONS_CONFIG_PATH = 2;

    /**
     * Reads the bytes.
     *
     * @param id the {@code -id} of the same call, by which the two forms are told apart: the first
     *     field is the instance's id in the one, the name of a type in the other
     */
    static StartOptions parse(ByteBuffer stdin, String id) {
        ByteBuffer message = stdin.duplicate();
        try {
            String path = "";
            if (text(field(message, BOOTSTRAP_INSTANCE_ID)).equals(id)) {
                for (ByteBuffer extension : fields(message, BOOTSTRAP_EXTENSIONS)) {
                    String found = configPath(field(extension, EXTENSION_VALUE));
                    path = found.isEmpty() ? path : found;
                }
            } else {
                path = configPath(message);
            }
            return new StartOptions(path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path)));
        } catch (BufferUnderflowException | IllegalArgumentException _) {
            return new StartOptions(Optional.empty());
        }
    }

    private static String configPath(ByteBuffer any) {
        String type = text(field(any, ANY_TYPE_URL));
        return type.substring(type.lastIndexOf('/') + 1).equals(OPTIONS_TYPE)
                ? text(field(field(any, ANY_VALUE), OPTIONS_CONFIG_PATH))
                : "";
    }

    /** The last value of a field of bytes or text; empty if there is none. */
    private static ByteBuffer field(ByteBuffer message, int number) {
        List<ByteBuffer> values = fields(message, number);
        return values.isEmpty() ? ByteBuffer.allocate(0) : values.getLast();
    }

    /**
     * Reads all values of a field of bytes or text.
     *
     * @throws BufferUnderflowException if the message ends early
     * @throws IllegalArgumentException if it is no protobuf message
     */
    private static List<ByteBuffer> fields(ByteBuffer message, int number) {
        List<ByteBuffer> values = new ArrayList<>();
        ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            long tag = varint(in);
            switch ((int) tag & 7) {
                case 0 -> varint(in);
                case 1 -> in.getLong();
                case 2 -> {
                    ByteBuffer value = take(in, varint(in));
                    if (tag >>> 3 == number) {
                        values.add(value);
                    }
                }
                case 5 -> in.getInt();
                default -> throw new IllegalArgumentException("wire type " + (tag & 7));
            }
        }
        return values;
    }

    private static ByteBuffer take(ByteBuffer in, long length) {
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer value = in.slice(in.position(), (int) length);
        in.position(in.position() + (int) length);
        return value;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte octet = in.get();
            value |= (long) (octet & 0x7f) << shift;
            if (octet >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("varint of more than 10 bytes");
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
