package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.host.MountFlag;
import io.saya.task.FakeHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedVolumesTest {

    /** A directory of every host's that has something mounted below it. */
    private static final Path WITH_MOUNTS = Path.of("/dev");

    @Test
    void aBindThatIsNotRecursiveShowsNothingOfWhatIsMountedBelow(@TempDir Path directory)
            throws IOException {
        List<Set<MountFlag>> binds = new ArrayList<>();
        FakeHost host =
                new FakeHost() {
                    @Override
                    public void mount(
                            String source,
                            Path target,
                            String type,
                            Set<MountFlag> flags,
                            String data)
                            throws IOException {
                        if (source.equals(WITH_MOUNTS.toString())) {
                            binds.add(Set.copyOf(flags));
                        }
                        super.mount(source, target, type, flags, data);
                    }
                };
        SharedDirectory shared = SharedDirectory.create(directory, new HostMounts(host));
        assertThat(Submounts.of(WITH_MOUNTS, MountLine.lines()).below()).isTrue();
        String all = share(shared, "rbind");
        String alone = share(shared, "bind");
        assertThat(alone).isNotEqualTo(all).isEqualTo(share(shared, "bind"));
        assertThat(binds)
                .containsExactly(Set.of(MountFlag.BIND, MountFlag.REC), Set.of(MountFlag.BIND));
    }

    private static String share(SharedDirectory shared, String bind) throws IOException {
        return new SharedVolumes(shared, PodEmptyDirs.NONE, SharedVolumes.Inside.WITH_VOLUME)
                .share(WITH_MOUNTS, MountOptions.parse(List.of(bind, "rw")));
    }
}
