package io.saya.share;

import io.saya.event.RootfsMount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A root file system that an overlay snapshotter made, taken apart: layers that nobody writes to,
 * and the directory for what the container writes.
 *
 * @param lower the read-only layers as one mount
 * @param upper the snapshot's own directory
 */
public record RootLayers(RootfsMount lower, Path upper) {

    private static final String LOWER = "lowerdir=";
    private static final String UPPER = "upperdir=";
    private static final String WORK = "workdir=";

    /** Takes containerd's mounts apart; empty if they are anything but one writable overlay. */
    public static Optional<RootLayers> of(List<RootfsMount> mounts) {
        if (mounts.size() != 1
                || !mounts.getFirst().type().equals("overlay")
                || !mounts.getFirst().target().replace("/", "").isEmpty()) {
            return Optional.empty();
        }
        String lower = "";
        String upper = "";
        List<String> rest = new ArrayList<>();
        for (String option : mounts.getFirst().options()) {
            if (option.startsWith(LOWER)) {
                lower = option.substring(LOWER.length());
            } else if (option.startsWith(UPPER)) {
                upper = option.substring(UPPER.length());
            } else if (!option.startsWith(WORK)) {
                rest.add(option);
            }
        }
        if (lower.isEmpty() || !upper.startsWith("/")) {
            return Optional.empty();
        }
        return Optional.of(new RootLayers(readOnly(lower, rest), Path.of(upper)));
    }

    /** An overlay without an upper directory needs two layers at least; one is a bind mount. */
    private static RootfsMount readOnly(String lower, List<String> rest) {
        if (!lower.contains(":")) {
            return new RootfsMount("bind", lower, "", List.of("rbind", "ro"));
        }
        List<String> options = new ArrayList<>(rest);
        options.add("ro");
        options.add(LOWER + lower);
        return new RootfsMount("overlay", "overlay", "", options);
    }
}
