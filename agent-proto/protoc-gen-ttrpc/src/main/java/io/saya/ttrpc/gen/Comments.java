package io.saya.ttrpc.gen;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The comments above services and methods, found by protoc's paths of field numbers and indexes.
 */
final class Comments {
    private final Map<List<Integer>, String> byPath = new HashMap<>();

    private Comments() {}

    static Comments of(FileDescriptorProto file) {
        Comments comments = new Comments();
        for (Location location : file.getSourceCodeInfo().getLocationList()) {
            if (location.hasLeadingComments()) {
                comments.byPath.put(location.getPathList(), javadoc(location.getLeadingComments()));
            }
        }
        return comments;
    }

    String ofService(int service) {
        return byPath.getOrDefault(List.of(FileDescriptorProto.SERVICE_FIELD_NUMBER, service), "");
    }

    String ofMethod(int service, int method) {
        return byPath.getOrDefault(
                List.of(
                        FileDescriptorProto.SERVICE_FIELD_NUMBER,
                        service,
                        ServiceDescriptorProto.METHOD_FIELD_NUMBER,
                        method),
                "");
    }

    /** Makes the text harmless inside a Java comment. */
    private static String javadoc(String text) {
        return text.strip()
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("@", "&#64;")
                .replace("*/", "*&#47;")
                .replace("\\u", "&#92;u");
    }
}
