package io.saya.qemu.args;

import java.util.List;

/** Switches without a value. */
public enum Flag implements Argument {
    /** No devices but those on the command line. */
    NODEFAULTS("-nodefaults"),
    /** No configuration of the host's administrator for interactive use. */
    NO_USER_CONFIG("-no-user-config"),
    /** A guest that reboots ends. */
    NO_REBOOT("-no-reboot");

    private final String word;

    Flag(String word) {
        this.word = word;
    }

    @Override
    public List<String> words() {
        return List.of(word);
    }
}
