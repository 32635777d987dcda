package io.saya.qemu.args;

import java.util.List;

/** {@code -mon}: QMP on a chardev. */
public record Mon(String chardev) implements Argument {
    @Override
    public List<String> words() {
        return List.of("-mon", "chardev=" + Options.of(chardev).with("mode", "control").toString());
    }
}
