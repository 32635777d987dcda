package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.hypervisor.GuestConsole.Line;
import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConsoleLinesTest {
    private final List<LogRecord> logged = Collections.synchronizedList(new ArrayList<>());
    private final ConsoleLines lines = new ConsoleLines(false);

    @BeforeEach
    void listen() {
        LogRouter.install(logged::add);
        logged.clear(); // what other tests have logged before somebody listened
    }

    @AfterEach
    void stopListening() {
        LogRouter.uninstall();
    }

    private void print(String text) {
        lines.add(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Test
    void linesComeInPiecesAndSteerNoTerminal() {
        print("[    0.0] fir");
        print("st\r\n\r\nsec\u001bond\nunfinished");
        assertThat(lines.all())
                .extracting(Line::text)
                .containsExactly("[    0.0] first", "sec?ond");
        assertThat(lines.all().getFirst().epochMillis()).isPositive();
    }

    @Test
    void aGuestThatPrintsForEverIsBounded() {
        print("x".repeat(100_000));
        for (int i = 0; i < 2000; i++) {
            print("line " + i + " of a guest that does not stop\n");
        }
        assertThat(lines.all().stream().mapToInt(line -> line.text().length()).sum())
                .isLessThanOrEqualTo(16 * 1024);
        assertThat(lines.all().getLast().text()).startsWith("line 1999 ");
    }

    @Test
    void whatTheAgentSaysGoesIntoTheLogAtItsLevel() {
        print("[    1.234] saya-agent warning: no module\n[    1.3] random: crng init done\n");
        List<LogRecord> agent =
                logged.stream().filter(line -> line.component().equals("agent")).toList();
        assertThat(agent).hasSize(1);
        assertThat(agent.getFirst().level()).isEqualTo(LogLevel.WARN);
        assertThat(agent.getFirst().fields()).containsExactly("text", "no module");
    }

    @Test
    void aLineOfTheKernelIsInTheLogWhereThatIsWanted() {
        String line = "[    0.5] virtio_blk: loaded\n";
        print(line);
        assertThat(console()).isEmpty();
        new ConsoleLines(true).add(ByteBuffer.wrap(line.getBytes(StandardCharsets.ISO_8859_1)));
        assertThat(console()).hasSize(1);
        assertThat(console().getFirst().level()).isEqualTo(LogLevel.INFO);
        assertThat(console().getFirst().fields()).containsExactly("line", line.strip());
    }

    private List<LogRecord> console() {
        return logged.stream().filter(record -> record.message().equals("console")).toList();
    }

    @Test
    void whatAnAgentOfKatasWarnsOfGoesIntoTheLogAtItsLevel() {
        print("{\"msg\":\"ttRPC server started\",\"level\":\"INFO\",\"pid\":\"1\"}\n");
        print("{\"msg\":\"no such device\",\"level\":\"ERRO\",\"subsystem\":\"rpc\"}\n");
        print("{\"msg\":\"not an agent's\n{ } {\n");
        assertThat(logged).hasSize(1);
        assertThat(logged.getFirst().level()).isEqualTo(LogLevel.ERROR);
        assertThat(logged.getFirst().fields())
                .containsExactly("text", "no such device subsystem=rpc");
    }
}
