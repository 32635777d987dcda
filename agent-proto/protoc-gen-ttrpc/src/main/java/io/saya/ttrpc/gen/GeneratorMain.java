package io.saya.ttrpc.gen;

import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import java.io.IOException;

/**
 * Entry point for protoc, which writes its request to standard input and reads the answer from
 * standard output.
 */
public final class GeneratorMain {
    private GeneratorMain() {}

    /**
     * Answers one request.
     *
     * @param arguments none are understood; options of the plugin would come with the request
     * @throws IOException if protoc's end of a pipe is gone or its request does not parse
     */
    public static void main(String[] arguments) throws IOException {
        CodeGeneratorRequest request = CodeGeneratorRequest.parseFrom(System.in);
        Generator.generate(request).writeTo(System.out);
        System.out.flush();
    }
}
