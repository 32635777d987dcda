package io.saya.ttrpc.gen;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import java.util.HashSet;
import java.util.Set;

/**
 * Turns a request of protoc into Java sources: two files per service that protoc was asked to
 * generate.
 */
public final class Generator {
    private Generator() {}

    /**
     * Generates all services of the files named by the request.
     *
     * @return the sources, or protoc's form of an error if a definition cannot be expressed
     */
    public static CodeGeneratorResponse generate(CodeGeneratorRequest request) {
        CodeGeneratorResponse.Builder response =
                CodeGeneratorResponse.newBuilder()
                        .setSupportedFeatures(
                                CodeGeneratorResponse.Feature.FEATURE_PROTO3_OPTIONAL_VALUE);
        try {
            addSources(request, response);
        } catch (InvalidDefinitionException e) {
            return response.clearFile().setError(e.getMessage()).build();
        }
        return response.build();
    }

    private static void addSources(
            CodeGeneratorRequest request, CodeGeneratorResponse.Builder response)
            throws InvalidDefinitionException {
        JavaTypes types = JavaTypes.of(request.getProtoFileList());
        Set<String> wanted = new HashSet<>(request.getFileToGenerateList());
        for (FileDescriptorProto file : request.getProtoFileList()) {
            if (!wanted.contains(file.getName())) {
                continue;
            }
            for (ServiceDescriptorProto descriptor : file.getServiceList()) {
                ServiceModel service = ServiceModel.of(file, descriptor, types);
                response.addFile(
                        source(service, service.interfaceName(), ServerWriter.write(service)));
                response.addFile(
                        source(service, service.clientName(), ClientWriter.write(service)));
            }
        }
    }

    private static CodeGeneratorResponse.File source(
            ServiceModel service, String className, String content) {
        return CodeGeneratorResponse.File.newBuilder()
                .setName(service.javaPackage().replace('.', '/') + "/" + className + ".java")
                .setContent(content)
                .build();
    }
}
