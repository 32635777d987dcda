package io.saya.config.option;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A table of the configuration file. */
public enum Section {
    HYPERVISOR("hypervisor.qemu", "the virtual machine"),
    FACTORY("factory", "virtual machines started ahead of use"),
    AGENT("agent.kata", "the agent in the guest"),
    MEM_AGENT("agent.kata.mem_agent", "the agent's memory reclaim"),
    RUNTIME("runtime", "the runtime on the host"),
    HYPERVISOR_FACTORY("hypervisor.qemu.factory", "virtual machines started ahead of use"),
    PROXY("proxy.kata", "Kata 1.x's proxy process"),
    SHIM("shim.kata", "Kata 1.x's process per container"),
    NETMON("netmon", "Kata 1.x's network watcher"),
    IMAGE("image", "image service inside the guest (Kata up to 3.3)");

    private final String dotted;
    private final String about;

    Section(String dotted, String about) {
        this.dotted = dotted;
        this.about = about;
    }

    /** The table's name as in its header, without brackets. */
    public String dotted() {
        return dotted;
    }

    /** Its subject, in a few words. */
    public String about() {
        return about;
    }

    /** The section of that name, or null. */
    public static @Nullable Section of(List<String> table) {
        String name = String.join(".", table);
        for (Section section : values()) {
            if (section.dotted.equals(name)) {
                return section;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return "[" + dotted + "]";
    }
}
