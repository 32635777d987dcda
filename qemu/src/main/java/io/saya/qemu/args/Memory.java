package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -m}.
 *
 * @param sizeMib memory at start in MiB
 * @param slots how many modules can be plugged; with 0 there is no room to plug any
 * @param maxMib what {@code sizeMib} can grow to by plugging, in MiB
 */
public record Memory(int sizeMib, int slots, int maxMib) implements Argument {
    @Override
    public List<String> words() {
        Options options = Options.of(sizeMib + "M");
        if (slots > 0 && maxMib > sizeMib) {
            options.with("slots", slots).with("maxmem", maxMib + "M");
        }
        return List.of("-m", options.toString());
    }
}
