package io.saya.ttrpc.gen;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileOptions;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * The request that protoc would make of
 *
 * <pre>
 * // Plays &lt;songs&gt;.
 * service JukeboxService {
 *   rpc Play(Song) returns (Song.Length);
 *   // Hears what is played.
 *   rpc Listen(Song) returns (stream Song);
 *   rpc Record(stream Song) returns (Song);
 *   rpc Switch(stream Song) returns (stream Song);
 * }
 * </pre>
 */
class GeneratorTest {
    private static MethodDescriptorProto method(
            String name, String output, boolean clientStreams, boolean serverStreams) {
        return MethodDescriptorProto.newBuilder()
                .setName(name)
                .setInputType(".music.v1.Song")
                .setOutputType(output)
                .setClientStreaming(clientStreams)
                .setServerStreaming(serverStreams)
                .build();
    }

    private static FileDescriptorProto.Builder jukebox() {
        return FileDescriptorProto.newBuilder()
                .setName("music/jukebox.proto")
                .setPackage("music.v1")
                .setOptions(
                        FileOptions.newBuilder()
                                .setJavaPackage("org.example.music")
                                .setJavaMultipleFiles(true))
                .addMessageType(
                        DescriptorProto.newBuilder()
                                .setName("Song")
                                .addNestedType(DescriptorProto.newBuilder().setName("Length")))
                .addService(
                        ServiceDescriptorProto.newBuilder()
                                .setName("JukeboxService")
                                .addMethod(method("Play", ".music.v1.Song.Length", false, false))
                                .addMethod(method("Listen", ".music.v1.Song", false, true))
                                .addMethod(method("Record", ".music.v1.Song", true, false))
                                .addMethod(method("Switch", ".music.v1.Song", true, true)))
                .setSourceCodeInfo(
                        SourceCodeInfo.newBuilder()
                                .addLocation(
                                        Location.newBuilder()
                                                .addPath(6)
                                                .addPath(0)
                                                .setLeadingComments(" Plays <songs>.\n"))
                                .addLocation(
                                        Location.newBuilder()
                                                .addPath(6)
                                                .addPath(0)
                                                .addPath(2)
                                                .addPath(1)
                                                .setLeadingComments(" Hears what is played.\n")));
    }

    private static CodeGeneratorResponse generate(FileDescriptorProto file) {
        return Generator.generate(
                CodeGeneratorRequest.newBuilder()
                        .addFileToGenerate(file.getName())
                        .addProtoFile(file)
                        .build());
    }

    private static String resource(String name) throws IOException {
        try (InputStream stream = GeneratorTest.class.getResourceAsStream("/" + name)) {
            return stream == null
                    ? "no resource " + name
                    : new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aServiceBecomesAnInterfaceAndAClient() throws Exception {
        CodeGeneratorResponse response = generate(jukebox().build());
        assertThat(response.getFileList())
                .extracting(CodeGeneratorResponse.File::getName)
                .containsExactly(
                        "org/example/music/JukeboxService.java",
                        "org/example/music/JukeboxClient.java");
        assertThat(response.getFile(0).getContent()).isEqualTo(resource("JukeboxService.java.txt"));
        assertThat(response.getFile(1).getContent()).isEqualTo(resource("JukeboxClient.java.txt"));
    }

    @Test
    void filesThatWereNotAskedForAreOnlyReadForTheirTypes() {
        CodeGeneratorResponse response =
                Generator.generate(
                        CodeGeneratorRequest.newBuilder().addProtoFile(jukebox()).build());
        assertThat(response.getFileList()).isEmpty();
        assertThat(response.hasError()).isFalse();
    }

    @Test
    void messagesInAnOuterClassAreFoundIfItHasAName() {
        FileDescriptorProto.Builder file = jukebox();
        file.getOptionsBuilder().setJavaMultipleFiles(false).setJavaOuterClassname("Jukebox");
        assertThat(generate(file.build()).getFile(0).getContent())
                .contains("org.example.music.Jukebox.Song.Length play(");
    }

    @Test
    void aMessageWhoseClassCannotBeNamedIsAnErrorThatSaysWhatToDo() {
        FileDescriptorProto.Builder file = jukebox();
        file.getOptionsBuilder().setJavaMultipleFiles(false);
        CodeGeneratorResponse response = generate(file.build());
        assertThat(response.getFileList()).isEmpty();
        assertThat(response.getError())
                .contains("message .music.v1.Song")
                .contains("must set java_multiple_files or java_outer_classname");
    }
}
