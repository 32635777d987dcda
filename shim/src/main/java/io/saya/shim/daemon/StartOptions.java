package io.saya.shim.daemon;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What containerd wrote to the stdin of {@code start}: nothing, an {@code Any} with the runtime's
 * options (containerd 1.6 to 2.2), or {@code BootstrapParams} with such an {@code Any} in an
 * extension (2.3 and later). Read field by field, since this stands between the start of the JVM
 * and that of the VM, and the generated classes would take longer than the reading. What is not
 * understood is ignored: options of a foreign runtime must not make {@code start} fail.
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
    static StartOptions parse(ByteBuffer bytes, String id) {
        byte[] stdin = new byte[bytes.remaining()];
        bytes.duplicate().get(stdin);
        try {
            String path = "";
            if (field(stdin, BOOTSTRAP_INSTANCE_ID).toStringUtf8().equals(id)) {
                CodedInputStream in = CodedInputStream.newInstance(stdin);
                for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                    if (isBytes(tag, BOOTSTRAP_EXTENSIONS)) {
                        byte[] extension = in.readByteArray();
                        String found = configPath(field(extension, EXTENSION_VALUE).toByteArray());
                        path = found.isEmpty() ? path : found;
                    } else {
                        in.skipField(tag);
                    }
                }
            } else {
                path = configPath(stdin);
            }
            return new StartOptions(path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path)));
        } catch (IOException | IllegalArgumentException _) {
            return new StartOptions(Optional.empty());
        }
    }

    private static String configPath(byte[] any) throws IOException {
        String type = field(any, ANY_TYPE_URL).toStringUtf8();
        return type.substring(type.lastIndexOf('/') + 1).equals(OPTIONS_TYPE)
                ? field(field(any, ANY_VALUE).toByteArray(), OPTIONS_CONFIG_PATH).toStringUtf8()
                : "";
    }

    /** The last value of a field of bytes or text; empty if there is none. */
    private static ByteString field(byte[] message, int number) throws IOException {
        ByteString value = ByteString.EMPTY;
        CodedInputStream in = CodedInputStream.newInstance(message);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (isBytes(tag, number)) {
                value = in.readBytes();
            } else {
                in.skipField(tag);
            }
        }
        return value;
    }

    private static boolean isBytes(int tag, int number) {
        return WireFormat.getTagFieldNumber(tag) == number
                && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }
}
