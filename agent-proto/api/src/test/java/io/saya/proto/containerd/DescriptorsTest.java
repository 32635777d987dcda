package io.saya.proto.containerd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.saya.proto.containerd.task.StartRequest;
import io.saya.ttrpc.TtrpcClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the messages know of their own definitions is no part of a daemon. */
class DescriptorsTest {
    @TempDir Path directory;

    @Test
    void messagesAreWrittenAndReadWithoutTheirDescriptors() throws Exception {
        Path out = directory.resolve("out");
        List<String> command =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Xlog:class+load=info",
                        "-cp",
                        String.join(
                                ":",
                                place(EachMessage.class),
                                place(StartRequest.class),
                                place(TtrpcClient.class),
                                place(Any.class)),
                        EachMessage.class.getName(),
                        place(StartRequest.class));
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(out, StandardCharsets.UTF_8);
        assertThat(lines).anyMatch(line -> line.matches("messages: [1-9][0-9]{2}"));
        assertThat(lines)
                .anyMatch(line -> line.contains("com.google.protobuf.CodedInputStream"))
                .noneMatch(line -> line.contains("com.google.protobuf.DescriptorProtos"));
    }

    private static String place(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    }
}
