package io.saya.proto.containerd;

import com.google.protobuf.MessageLite;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A program: writes and reads one of each message whose class is below a directory. */
final class EachMessage {
    private EachMessage() {}

    public static void main(String[] arguments) throws Exception {
        int count = 0;
        for (String name : names(Path.of(arguments[0]))) {
            Class<?> type = Class.forName(name, false, EachMessage.class.getClassLoader());
            if (MessageLite.class.isAssignableFrom(type)
                    && !Modifier.isAbstract(type.getModifiers())) {
                MessageLite none = (MessageLite) type.getMethod("getDefaultInstance").invoke(null);
                none.getParserForType().parseFrom(none.toBuilder().build().toByteArray());
                count++;
            }
        }
        System.out.println("messages: " + count);
    }

    private static List<String> names(Path classes) throws IOException {
        try (Stream<Path> files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString())
                    .filter(file -> file.endsWith(".class"))
                    .map(file -> file.replace(".class", "").replace('/', '.'))
                    .toList();
        }
    }
}
