package io.saya.monitor.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Messages as containerd writes them; against a real one, the tests with real machines. */
class CriMessagesTest {

    private interface Writer {
        void to(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Writer writer) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        writer.to(out);
        out.flush();
        return bytes.toByteArray();
    }

    @Test
    void podsAreRead() throws IOException {
        byte[] metadata =
                message(
                        out -> {
                            out.writeString(1, "web");
                            out.writeString(2, "u-1");
                            out.writeString(3, "shop");
                            out.writeUInt32(4, 2);
                        });
        byte[] pod =
                message(
                        out -> {
                            out.writeString(1, "id1");
                            out.writeByteArray(2, metadata);
                            out.writeInt32(3, 1);
                            out.writeInt64(4, 1700000000L);
                            out.writeString(7, "saya");
                        });
        assertThat(CriMessages.pods(message(out -> out.writeByteArray(1, pod))))
                .containsEntry(
                        "id1", new PodIdentity("web", "shop", "u-1", "saya", OptionalLong.empty()))
                .hasSize(1);
        assertThat(CriMessages.pods(CriMessages.LIST_ALL)).isEmpty();
    }

    @Test
    void theInformationOfAStatusIsRead() throws IOException {
        byte[] entry =
                message(
                        out -> {
                            out.writeString(1, "info");
                            out.writeString(2, "{\"a\": 1}");
                        });
        assertThat(CriMessages.info(message(out -> out.writeByteArray(2, entry)), "info"))
                .isEqualTo("{\"a\": 1}");
    }

    @Test
    void aRequestIsWhatProtobufWouldWrite() throws IOException {
        assertThat(CriMessages.verboseStatusOf("abc"))
                .isEqualTo(
                        message(
                                out -> {
                                    out.writeBytes(1, ByteString.copyFromUtf8("abc"));
                                    out.writeBool(2, true);
                                }));
    }

    @Test
    void whatIsNoMessageIsRefused() {
        byte[] cut = {10, 100, 1};
        assertThatThrownBy(() -> CriMessages.pods(cut)).isInstanceOf(StatusRuntimeException.class);
        byte[] text = "no protobuf".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> CriMessages.info(text, "info"))
                .isInstanceOf(StatusRuntimeException.class);
    }
}
