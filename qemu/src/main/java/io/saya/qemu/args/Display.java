package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -display none}: no window, and no graphics card either together with {@link
 * Flag#NODEFAULTS}. Unlike {@code -nographic} it does not make the firmware print to a serial port,
 * which costs time under TCG.
 */
public record Display() implements Argument {
    @Override
    public List<String> words() {
        return List.of("-display", "none");
    }
}
