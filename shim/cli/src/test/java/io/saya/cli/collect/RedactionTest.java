package io.saya.cli.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "jaeger_password = \"hunter2\"|hunter2",
                "DB_PASSWORD=hunter2|hunter2",
                "\"api_key\": \"abc def\"|abc def",
                "--token=s3cr3t --name x|s3cr3t",
                "Authorization: Bearer abcdef123456|abcdef123456",
                "https://user:pass@registry.example/v2|user:pass",
                "msg=\\\"registry-secret=xyz123\\\"|xyz123"
            })
    void whatLooksLikeASecretIsRemoved(String line, String secret) {
        assertThat(Redaction.of(line)).doesNotContain(secret).contains(Redaction.MARK);
    }

    /** A pattern that goes over the same text twice took a minute for a line of this kind. */
    @ParameterizedTest
    @ValueSource(
            strings = {"password", "token-", "token=\"", "bearer ", "a.", "://x", "token='\"", " "})
    void aLineOfAGuestTakesNoLongerThanItIsLong(String piece) {
        String line = piece.repeat(1_000_000 / piece.length());
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> Redaction.of(line));
    }

    @Test
    void aValueThatIsCutOffIsRemovedAsWell() {
        assertThat(Redaction.of("x token=\"abc def")).isEqualTo("x token=" + Redaction.MARK);
    }

    @ParameterizedTest
    @CsvSource({
        "default_memory = 2048",
        "pass  qemu  /usr/bin/qemu-system-x86_64",
        "unix:///run/containerd/s/0123"
    })
    void everythingElseStays(String line) {
        assertThat(Redaction.of(line)).isEqualTo(line);
    }
}
