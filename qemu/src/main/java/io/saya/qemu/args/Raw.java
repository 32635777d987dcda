package io.saya.qemu.args;

import java.util.List;

/** Words of the administrator, taken as they are. */
public record Raw(List<String> words) implements Argument {

    public Raw {
        words = List.copyOf(words);
    }
}
