package io.saya.ttrpc.gen;

import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import javax.lang.model.SourceVersion;

/**
 * One method of a service.
 *
 * @param name on the wire, for example {@code CloseIO}
 * @param javaName of the Java methods, for example {@code closeIO}
 * @param kind which sides stream
 * @param requestType class of the request message
 * @param responseType class of the response message
 * @param comment what the proto file says of it, possibly empty
 */
record MethodModel(
        String name,
        String javaName,
        Kind kind,
        String requestType,
        String responseType,
        String comment) {

    /** The four shapes; the names are those of the library's {@code MethodKind}. */
    enum Kind {
        UNARY,
        SERVER_STREAMING,
        CLIENT_STREAMING,
        BIDIRECTIONAL;

        static Kind of(MethodDescriptorProto method) {
            if (method.getServerStreaming()) {
                return method.getClientStreaming() ? BIDIRECTIONAL : SERVER_STREAMING;
            }
            return method.getClientStreaming() ? CLIENT_STREAMING : UNARY;
        }
    }

    static MethodModel of(MethodDescriptorProto method, JavaTypes types, String comment)
            throws InvalidDefinitionException {
        return new MethodModel(
                method.getName(),
                javaName(method.getName()),
                Kind.of(method),
                types.className(method.getInputType()),
                types.className(method.getOutputType()),
                comment);
    }

    /** Lower-cases the first letter, and steps aside for Java's own words. */
    private static String javaName(String name) {
        String candidate = Character.toLowerCase(name.charAt(0)) + name.substring(1);
        return SourceVersion.isKeyword(candidate) ? candidate + "Call" : candidate;
    }
}
