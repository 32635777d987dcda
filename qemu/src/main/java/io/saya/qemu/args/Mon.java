package io.saya.qemu.args;

import io.saya.hypervisor.VmSpec.Monitor;
import java.util.List;

/** {@code -mon}: a monitor on a chardev. */
public record Mon(String chardev, Monitor monitor) implements Argument {

    /** QMP. */
    public Mon(String chardev) {
        this(chardev, Monitor.QMP);
    }

    @Override
    public List<String> words() {
        Options options =
                Options.of(chardev).with("mode", monitor == Monitor.HMP ? "readline" : "control");
        if (monitor == Monitor.QMP_PRETTY) {
            options.with("pretty", true);
        }
        return List.of("-mon", "chardev=" + options);
    }
}
