package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConsoleTailTest {
    private final ConsoleTail tail = new ConsoleTail();

    @Test
    void nothingIsNothing() {
        assertThat(tail.text()).isEmpty();
    }

    @Test
    void whatCouldSteerATerminalIsReplaced() {
        add("a\tb\r\n\033[2Jc\0\007\177\u00e9\n");
        assertThat(tail.text()).isEqualTo("a\tb\n?[2Jc?????\n");
    }

    @Test
    void onlyTheEndIsKept() {
        for (int i = 0; i < 5_000; i++) {
            add(String.format("line %4d\n", i));
        }
        assertThat(tail.text())
                .hasSize(ConsoleTail.CAPACITY)
                .endsWith("line 4998\nline 4999\n")
                .doesNotContain("line 3000");
    }

    @Test
    void aTailOfExactlyTheCapacityIsWhole() {
        add("x".repeat(ConsoleTail.CAPACITY));
        assertThat(tail.text()).isEqualTo("x".repeat(ConsoleTail.CAPACITY));
    }

    private void add(String text) {
        tail.add(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }
}
