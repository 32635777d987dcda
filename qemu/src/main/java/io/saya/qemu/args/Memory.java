package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -m}.
 *
 * @param sizeMib memory at start in MiB
 * @param slots how many modules can be plugged, besides one device whose size changes
 * @param maxMib what {@code sizeMib} can grow to by plugging, in MiB
 */
public record Memory(int sizeMib, int slots, int maxMib) implements Argument {
    @Override
    public List<String> words() {
        Options options = Options.of(sizeMib + "M");
        if (maxMib > sizeMib) {
            if (slots > 0) {
                options.with("slots", slots);
            }
            options.with("maxmem", maxMib + "M");
        }
        return List.of("-m", options.toString());
    }
}
