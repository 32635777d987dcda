package io.saya.qemu.qmp;

import io.saya.json.JsonObject;

/** A command, in the words of the QEMU QMP Reference Manual. */
public record QmpCommand(String name, JsonObject arguments) {

    /** A command without arguments. */
    public QmpCommand(String name) {
        this(name, JsonObject.EMPTY);
    }
}
