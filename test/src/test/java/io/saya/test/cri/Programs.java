package io.saya.test.cri;

import io.saya.proto.cri.ContainerConfig;
import io.saya.test.Ran;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Programs of this machine with their libraries, copied for a container whose image has none of
 * them: they become its {@code /usr}, {@code /lib} and {@code /lib64}.
 */
final class Programs {

    private static final String COPY =
            """
            set -e
            tree=$1; shift
            mkdir -p "$tree"/usr/sbin "$tree"/usr/lib "$tree"/lib/modules "$tree"/lib64
            for program; do
              if [ -d "$program" ]; then
                mkdir -p "$tree$(dirname "$program")"; cp -rL "$program" "$tree$program"
                set -- $(find "$program" -name '*.so')
              else
                cp -L "$(command -v "$program")" "$tree/usr/sbin/$(basename "$program")"
                set -- "$(command -v "$program")"
              fi
              for file; do ldd "$file" 2>/dev/null || true; done
            done | grep -o '/[^ ]*' | sort -u | while read -r library; do
              mkdir -p "$tree/$(dirname "$library")"; cp -L "$library" "$tree/$library"
            done
            """;

    private final Path tree;

    /**
     * Copies them.
     *
     * @param tree a directory that is not there yet
     * @param names programs on the path, or directories with libraries
     */
    Programs(Path tree, List<String> names) {
        this.tree = tree;
        var command = new ArrayList<>(List.of("bash", "-c", COPY, "copy", tree.toString()));
        command.addAll(names);
        var _ = Ran.run(Duration.ofSeconds(60), command.toArray(String[]::new)).succeeded();
    }

    /** Adds them to a container. */
    ContainerConfig.Builder addTo(ContainerConfig.Builder config) {
        for (var name : List.of("usr", "lib", "lib64")) {
            Pod.mount(config, tree.resolve(name), "/" + name, true);
        }
        return config;
    }
}
