package io.saya.shim.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineTextTest {

    @Test
    void aLineNamesComponentAndSandboxAndItsFields() {
        assertThat(text(line(LogLevel.INFO, "VM started", "container", "c1", "pid", 42)))
                .isEqualTo("msg=\"VM started\" component=vm sandbox=sb container=c1 pid=42");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain-1.2_/@^+:,|plain-1.2_/@^+:,",
                "two words|\"two words\"",
                "a=b|\"a=b\"",
                "qu\"ote|\"qu\\\"ote\"",
                "back\\slash|\"back\\\\slash\"",
                "ünicode|\"\\u00fcnicode\"",
            })
    void valuesAreQuotedWhereLogrusQuotes(String value, String expected) {
        assertThat(text(line(LogLevel.INFO, "m", "key", value))).endsWith(" key=" + expected);
    }

    @Test
    void whatAGuestSendsCannotForgeALineNorMoveATerminalsCursor() {
        assertThat(text(line(LogLevel.INFO, "m", "guest", "x\nlevel=error \u001b[2J\0")))
                .endsWith(" guest=\"x\\nlevel=error \\u001b[2J\\u0000\"");
    }

    @Test
    void aValueAndALineAreBounded() {
        String huge = "x".repeat(10_000);
        String text = text(line(LogLevel.INFO, huge, "a", huge, "b", huge, "c", huge, "d", huge));

        assertThat(text).startsWith("msg=\"xxx").endsWith("...\"");
        assertThat(text.length()).isLessThan(4000);
    }

    @Test
    void aFailureIsToldWithItsCausesAndAtLevelErrorWithItsStack() {
        Exception failure = new IllegalStateException("outer", new IOException("inner"));

        assertThat(text(line(LogLevel.WARN, "m", "error", failure)))
                .endsWith(" error=\"IllegalStateException: outer: IOException: inner\"");
        assertThat(text(line(LogLevel.ERROR, "m", "error", failure)))
                .contains(" stack=\"LineTextTest.aFailureIsTold");
    }

    @Test
    void aCauseIsNotToldTwice() {
        Exception failure = new IllegalStateException("phase boot: no", new IOException("no"));

        assertThat(text(line(LogLevel.WARN, "m", "error", failure)))
                .endsWith(" error=\"IllegalStateException: phase boot: no\"");
    }

    @Test
    void aMissingValueReadsAsNull() {
        assertThat(text(line(LogLevel.INFO, "m", "key"))).endsWith(" key=null");
    }

    static LogRecord line(LogLevel level, String message, @Nullable Object... fields) {
        return new LogRecord(
                0,
                level,
                "vm",
                message,
                Collections.<@Nullable Object>unmodifiableList(
                        Arrays.<@Nullable Object>asList(fields)));
    }

    private static String text(LogRecord line) {
        StringBuilder out = new StringBuilder();
        LineText.appendMessageAndFields(out, line, "sb");
        return out.toString();
    }
}
