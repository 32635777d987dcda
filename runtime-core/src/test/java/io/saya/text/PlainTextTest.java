package io.saya.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.failure.RuntimeFailure;
import org.junit.jupiter.api.Test;

class PlainTextTest {

    @Test
    void nothingSteersATerminal() {
        assertThat(PlainText.line("\u001b[2J\u0007a\u009bb\u007f\r\n\tc", 100))
                .hasToString("?[2J?a?b????c");
        assertThat(PlainText.lines("\u001b]0;x\u0007a\n\tb\r\n", 100))
                .hasToString("?]0;x?a\n\tb?\n");
    }

    @Test
    void nothingIsReadAsAnotherText() {
        assertThat(PlainText.line("a\u202eb\u2066c\u2028d\u200be\ud800f\udc00", 100))
                .hasToString("a?b?c?d?e?f?");
    }

    @Test
    void whatPeopleWriteStays() {
        assertThat(PlainText.line("größe 中文 \ud83d\ude00", 100))
                .hasToString("größe 中文 \ud83d\ude00");
    }

    @Test
    void itIsBounded() {
        assertThat(PlainText.line("x".repeat(1000), 64).toString()).hasSize(64);
        assertThat(PlainText.line("x".repeat(1000) + "\n", 64).toString()).hasSize(64);
    }

    @Test
    void noMessageOfAFailureHasControlCharacters() {
        assertThat(RuntimeFailure.internal("agent: \u001b[31mred", null))
                .hasMessage("agent: ?[31mred");
    }
}
