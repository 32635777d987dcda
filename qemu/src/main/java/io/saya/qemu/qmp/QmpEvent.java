package io.saya.qemu.qmp;

import io.saya.json.JsonObject;

/**
 * Something that QEMU tells unasked.
 *
 * @param name such as {@code SHUTDOWN}
 * @param data what belongs to it; empty if nothing
 */
public record QmpEvent(String name, JsonObject data) {}
