package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.log.LogLevel;
import io.saya.text.PlainText;
import org.junit.jupiter.api.Test;

class AgentLogLineTest {

    private static AgentLogLine parsed(String line) {
        return AgentLogLine.parse(line).orElseThrow();
    }

    @Test
    void theMessageAndWhatItIsAboutAreKept() {
        AgentLogLine line =
                parsed(
                        "{\"msg\":\"cannot"
                                + " mount\",\"level\":\"WARN\",\"ts\":\"2026-11-30T09:00:00Z\","
                                + "\"name\":\"kata-agent\",\"source\":\"agent\",\"version\":\"0.1.0\","
                                + "\"pid\":\"1\",\"subsystem\":\"mount\",\"tries\":3,\"more\":[1]}");
        assertThat(line)
                .isEqualTo(
                        new AgentLogLine(
                                LogLevel.WARN,
                                PlainText.line("cannot mount subsystem=mount tries=3", 100)));
    }

    @Test
    void levelsAreThoseOfSlog() {
        assertThat(parsed("{\"msg\":\"\",\"level\":\"CRIT\"}").level()).isEqualTo(LogLevel.ERROR);
        assertThat(parsed("{\"msg\":\"\",\"level\":\"ERRO\"}").level()).isEqualTo(LogLevel.ERROR);
        assertThat(parsed("{\"msg\":\"\",\"level\":\"INFO\"}").level()).isEqualTo(LogLevel.INFO);
        assertThat(parsed("{\"msg\":\"\",\"level\":\"DEBG\"}").level()).isEqualTo(LogLevel.DEBUG);
        assertThat(parsed("{\"msg\":\"\",\"level\":\"TRCE\"}").level()).isEqualTo(LogLevel.DEBUG);
        assertThat(parsed("{\"msg\":\"\",\"level\":\"?\"}").level()).isEqualTo(LogLevel.DEBUG);
    }

    @Test
    void whatAGuestWritesSteersNoTerminalAndHasAnEnd() {
        assertThat(parsed("{\"msg\":\"a\\u001b[2J\\nb\",\"level\":\"INFO\"}").text())
                .hasToString("a?[2J?b");
        assertThat(
                        parsed("{\"msg\":\"" + "x".repeat(5000) + "\",\"level\":\"INFO\"}")
                                .text()
                                .toString())
                .hasSize(1024);
    }

    @Test
    void otherLinesAreNone() {
        assertThat(AgentLogLine.parse("")).isEmpty();
        assertThat(AgentLogLine.parse("[    1.0] usb: new device")).isEmpty();
        assertThat(AgentLogLine.parse("{\"msg\":\"cut")).isEmpty();
        assertThat(AgentLogLine.parse("{\"msg\":1,\"level\":\"INFO\"}")).isEmpty();
        assertThat(AgentLogLine.parse("{\"level\":\"INFO\"}")).isEmpty();
        assertThat(AgentLogLine.parse("{\"a\":".repeat(5000))).isEmpty();
    }
}
