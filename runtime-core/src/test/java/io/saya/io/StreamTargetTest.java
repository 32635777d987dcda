package io.saya.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamTargetTest {

    @Test
    void anEmptyStringIsNoStream() {
        assertThat(StreamTarget.parse("stdout", "")).isEqualTo(new StreamTarget.Absent());
    }

    @Test
    void aPlainPathIsTakenAsItIs() {
        assertThat(StreamTarget.parse("stdin", "/run/a b/%41?x#y"))
                .isEqualTo(new StreamTarget.LocalPath(Path.of("/run/a b/%41?x#y")));
    }

    @Test
    void aFileUriIsDecoded() {
        assertThat(StreamTarget.parse("stderr", "file:///var/log/a%20b+c.log"))
                .isEqualTo(new StreamTarget.AppendedFile(Path.of("/var/log/a b+c.log")));
    }

    @Test
    void theParametersOfALoggerBecomeItsArguments() {
        assertThat(StreamTarget.parse("stdout", "binary:///bin/log?id=a+b&mode=x%3Dy&flag&id=c"))
                .isEqualTo(
                        new StreamTarget.Logger(
                                Path.of("/bin/log"),
                                List.of("id", "a b", "mode", "x=y", "flag", ""),
                                false));
        assertThat(StreamTarget.parse("stdout", "binary-v2:///bin/log"))
                .isEqualTo(new StreamTarget.Logger(Path.of("/bin/log"), List.of(), true));
    }

    @ParameterizedTest
    @CsvSource({
        "stdout, ttrpc+unix:///run/x.sock?streaming_id=a, UNIMPLEMENTED",
        "stdout, npipe:////./pipe/x, UNIMPLEMENTED",
        "stdout, relative/path, INVALID_ARGUMENT",
        "stdout, file://relative, INVALID_ARGUMENT",
        "stdout, file:///bad%zz, INVALID_ARGUMENT",
        "stdout, binary:///x?a=%zz, INVALID_ARGUMENT",
        "stdin, file:///etc/passwd, INVALID_ARGUMENT",
        "stdin, binary:///bin/cat, INVALID_ARGUMENT",
    })
    void whatIsNotSupportedIsRefusedByName(
            String stream, String value, RuntimeFailure.Kind expected) {
        assertThatThrownBy(() -> StreamTarget.parse(stream, value))
                .isInstanceOfSatisfying(
                        RuntimeFailure.class, e -> assertThat(e.kind()).isEqualTo(expected))
                .hasMessageStartingWith(stream + ": " + value)
                .hasMessageContaining("expected: ");
    }
}
