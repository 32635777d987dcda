package io.saya.event;

import java.util.List;

/**
 * One mount of a container's root file system, as containerd asks for it; applied in list order.
 *
 * @param type file system type, e.g. {@code overlay} or {@code bind}
 * @param target path relative to the root file system; empty for the root itself (containerd before
 *     2.0 knows no other)
 * @param options as in mount(8)
 */
public record RootfsMount(String type, String source, String target, List<String> options) {

    public RootfsMount {
        options = List.copyOf(options);
    }
}
