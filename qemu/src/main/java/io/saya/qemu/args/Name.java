package io.saya.qemu.args;

import java.util.List;

/** {@code -name}: whose VM it is, seen by ps; its threads are named after what they do. */
public record Name(String guest) implements Argument {
    @Override
    public List<String> words() {
        return List.of("-name", Options.of(guest).with("debug-threads", true).toString());
    }
}
