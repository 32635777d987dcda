package io.saya.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Cgroups planned in a tree of plain directories, for tests of other packages. */
public final class PlannedCgroups {

    private PlannedCgroups() {}

    /** Plans one cgroup in each hierarchy; nothing of it is there yet, nor its parent. */
    public static CgroupPlacement in(Path tree, String path, List<String> controllers)
            throws IOException {
        List<Hierarchy> hierarchies = new ArrayList<>();
        for (String controller : controllers) {
            Path mount = Files.createDirectories(tree.resolve(controller));
            hierarchies.add(new Hierarchy(controller, mount, mount.resolve("home")));
        }
        String name = path.substring(path.lastIndexOf('/') + 1);
        return CgroupPlacement.plan(CgroupPath.of(path, name), hierarchies);
    }
}
