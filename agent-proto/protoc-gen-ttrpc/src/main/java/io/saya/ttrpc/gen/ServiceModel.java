package io.saya.ttrpc.gen;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import java.util.ArrayList;
import java.util.List;

/**
 * One service, with everything the writers need.
 *
 * @param protoFile where it is defined
 * @param javaPackage of the generated classes
 * @param name full name on the wire, for example {@code containerd.task.v2.Task}
 * @param baseName last part of the name without a trailing {@code Service}
 * @param comment what the proto file says of it, possibly empty
 * @param methods in the order of the definition
 */
record ServiceModel(
        String protoFile,
        String javaPackage,
        String name,
        String baseName,
        String comment,
        List<MethodModel> methods) {

    private static final String SUFFIX = "Service";

    static ServiceModel of(
            FileDescriptorProto file, ServiceDescriptorProto service, JavaTypes types)
            throws InvalidDefinitionException {
        Comments comments = Comments.of(file);
        int index = file.getServiceList().indexOf(service);
        List<MethodModel> methods = new ArrayList<>();
        for (int i = 0; i < service.getMethodCount(); i++) {
            MethodDescriptorProto method = service.getMethod(i);
            methods.add(MethodModel.of(method, types, comments.ofMethod(index, i)));
        }
        String prefix = file.getPackage().isEmpty() ? "" : file.getPackage() + ".";
        return new ServiceModel(
                file.getName(),
                JavaTypes.javaPackage(file),
                prefix + service.getName(),
                baseName(service.getName()),
                comments.ofService(index),
                List.copyOf(methods));
    }

    private static String baseName(String name) {
        boolean strip = name.endsWith(SUFFIX) && name.length() > SUFFIX.length();
        return strip ? name.substring(0, name.length() - SUFFIX.length()) : name;
    }

    String interfaceName() {
        return baseName + SUFFIX;
    }

    String clientName() {
        return baseName + "Client";
    }
}
