package io.saya.qemu.args;

import java.util.List;

/** Switches that are always the same. */
public enum Flag implements Argument {
    /** No devices but those on the command line. */
    NODEFAULTS("-nodefaults"),
    /** No configuration of the host's administrator for interactive use. */
    NO_USER_CONFIG("-no-user-config"),
    /** A guest that reboots ends. */
    NO_REBOOT("-no-reboot"),
    /** A guest whose kernel panics stands still, so that it can be looked at. */
    PANIC_PAUSES("-action panic=pause");

    private final String text;

    Flag(String text) {
        this.text = text;
    }

    @Override
    public List<String> words() {
        return List.of(text.split(" ", -1));
    }
}
