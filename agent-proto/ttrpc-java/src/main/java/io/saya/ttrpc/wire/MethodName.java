package io.saya.ttrpc.wire;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Service and method of a call, with their bytes as they stand at the head of a request. Immutable.
 *
 * <p>Made once per method, so that no call encodes or decodes these names.
 */
public final class MethodName {
    private static final byte SERVICE_TAG = 0x0a;
    private static final byte METHOD_TAG = 0x12;
    private static final int MAX_LENGTH = 127;

    private final String service;
    private final String method;
    private final byte[] serviceBytes;
    private final byte[] methodBytes;
    private final int hash;

    private MethodName(String service, String method) {
        this.service = service;
        this.method = method;
        this.serviceBytes = service.getBytes(StandardCharsets.UTF_8);
        this.methodBytes = method.getBytes(StandardCharsets.UTF_8);
        this.hash =
                hash(
                        hash(0, serviceBytes, 0, serviceBytes.length),
                        methodBytes,
                        0,
                        methodBytes.length);
    }

    /**
     * Names a method.
     *
     * @param service full name, for example {@code containerd.task.v2.Task}
     * @param method bare name, for example {@code Create}
     * @throws IllegalArgumentException if a name is empty or longer than 127 bytes
     */
    public static MethodName of(String service, String method) {
        MethodName name = new MethodName(service, method);
        checkLength("service", service, name.serviceBytes.length);
        checkLength("method", method, name.methodBytes.length);
        return name;
    }

    /** One byte must be enough for a length, so that {@link #writeTo} need not count. */
    private static void checkLength(String what, String name, int length) {
        if (length == 0 || length > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    what
                            + " name '"
                            + name
                            + "': "
                            + length
                            + " bytes (expected: 1 to "
                            + MAX_LENGTH
                            + ")");
        }
    }

    static int hash(int seed, byte[] bytes, int offset, int length) {
        int hash = seed;
        for (int i = offset; i < offset + length; i++) {
            hash = 31 * hash + bytes[i];
        }
        return hash;
    }

    boolean matches(
            byte[] frame,
            int serviceOffset,
            int serviceLength,
            int methodOffset,
            int methodLength) {
        return Arrays.equals(
                        frame,
                        methodOffset,
                        methodOffset + methodLength,
                        methodBytes,
                        0,
                        methodBytes.length)
                && Arrays.equals(
                        frame,
                        serviceOffset,
                        serviceOffset + serviceLength,
                        serviceBytes,
                        0,
                        serviceBytes.length);
    }

    /** Bytes that both fields take in a request. */
    int encodedLength() {
        return 4 + serviceBytes.length + methodBytes.length;
    }

    void writeTo(FrameWriter writer) throws IOException {
        writer.coded().writeRawByte(SERVICE_TAG);
        writer.coded().writeRawByte((byte) serviceBytes.length);
        writer.coded().writeRawBytes(serviceBytes);
        writer.coded().writeRawByte(METHOD_TAG);
        writer.coded().writeRawByte((byte) methodBytes.length);
        writer.coded().writeRawBytes(methodBytes);
    }

    /** Full name of the service. */
    public String service() {
        return service;
    }

    /** Bare name of the method. */
    public String method() {
        return method;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MethodName that
                && service.equals(that.service)
                && method.equals(that.method);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Both names as they are usually written: {@code containerd.task.v2.Task/Create}. */
    @Override
    public String toString() {
        return service + "/" + method;
    }
}
