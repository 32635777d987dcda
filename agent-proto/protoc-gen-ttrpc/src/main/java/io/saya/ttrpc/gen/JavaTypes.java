package io.saya.ttrpc.gen;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Maps full proto names of messages, with their leading dot, to the names of the classes protoc
 * makes of them.
 */
final class JavaTypes {
    private final Map<String, String> classNames = new HashMap<>();

    private JavaTypes() {}

    static JavaTypes of(List<FileDescriptorProto> files) {
        JavaTypes types = new JavaTypes();
        for (FileDescriptorProto file : files) {
            String protoScope = file.getPackage().isEmpty() ? "." : "." + file.getPackage() + ".";
            String javaScope = javaScope(file);
            for (DescriptorProto message : file.getMessageTypeList()) {
                types.add(protoScope, javaScope, message);
            }
        }
        return types;
    }

    private void add(String protoScope, String javaScope, DescriptorProto message) {
        String protoName = protoScope + message.getName();
        String javaName = javaScope + message.getName();
        classNames.put(protoName, javaName);
        for (DescriptorProto nested : message.getNestedTypeList()) {
            add(protoName + ".", javaName + ".", nested);
        }
    }

    /**
     * Package of the generated code of a file: {@code java_package}, or the proto package without
     * it.
     */
    static String javaPackage(FileDescriptorProto file) {
        return file.getOptions().hasJavaPackage()
                ? file.getOptions().getJavaPackage()
                : file.getPackage();
    }

    private static String javaScope(FileDescriptorProto file) {
        String scope = javaPackage(file).isEmpty() ? "" : javaPackage(file) + ".";
        if (file.getOptions().getJavaMultipleFiles()) {
            return scope;
        }
        return scope + file.getOptions().getJavaOuterClassname() + ".";
    }

    /**
     * The class of a message.
     *
     * @throws InvalidDefinitionException if its file has neither separate classes nor a named outer
     *     class
     */
    String className(String protoName) throws InvalidDefinitionException {
        String name = classNames.get(protoName);
        if (name == null || name.contains("..")) {
            throw new InvalidDefinitionException(
                    "message "
                            + protoName
                            + ": its file must set java_multiple_files or java_outer_classname,"
                            + " or its class cannot be named");
        }
        return name;
    }
}
