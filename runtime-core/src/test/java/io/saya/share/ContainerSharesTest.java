package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.oci.OciSpec.OciMount;
import io.saya.task.FakeHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the volumes of containers leave, which come and go while their sandbox stays. */
class ContainerSharesTest {
    private final HostMounts host = new HostMounts(new FakeHost());
    private final List<Exception> problems = new ArrayList<>();

    @TempDir Path directory;

    private Path run;
    private SharedDirectory shared;

    @BeforeEach
    void sandbox() throws IOException {
        run = Files.createDirectory(directory.resolve("run"));
        shared = SharedDirectory.create(run, host);
    }

    private ContainerShares container(int number, Path... volumes) throws IOException {
        ContainerShares shares = new ContainerShares(shared, "c" + number, PodEmptyDirs.NONE, true);
        List<OciMount> mounts = new ArrayList<>();
        for (Path volume : volumes) {
            mounts.add(
                    new OciMount(
                            "/" + volume.getFileName(),
                            "bind",
                            volume.toString(),
                            List.of("rbind", "rw")));
        }
        assertThat(shares.translate(mounts, Map.of())).hasSameSizeAs(mounts);
        return shares;
    }

    private Path file(String name) throws IOException {
        return Files.createFile(directory.resolve(name));
    }

    /** It crashes for days, and has another file as its volume each time. */
    @Test
    void containersThatComeAndGoLeaveNoMoreThanABound() throws IOException {
        ContainerShares stays = container(0, file("first"));
        String first = shared.names().getFirst();
        for (int number = 1; number <= 3 * IdleShares.MOST; number++) {
            container(number, file("replaced-" + number)).release(problems::add);
        }
        assertThat(shared.names()).hasSize(1 + IdleShares.MOST).contains(first);
        assertThat(run.resolve("mounts/.volumes").toFile().list()).hasSize(1 + IdleShares.MOST);

        // The newest of them are there for whoever has the same volume again.
        List<String> before = shared.names();
        container(-1, directory.resolve("replaced-" + 3 * IdleShares.MOST));
        assertThat(shared.names()).isEqualTo(before);
        // What was taken back is made again.
        container(-2, directory.resolve("replaced-1"));
        assertThat(shared.names()).hasSize(2 + IdleShares.MOST);

        stays.release(problems::add);
        assertThat(problems).isEmpty();
    }

    /** Who of them uses what is not handed over. */
    @Test
    void whatAnotherDaemonHasSharedStaysForTheContainersThatAreThere() throws IOException {
        Path volume = file("volume");
        var _ = container(0, volume);
        List<String> names = shared.names();
        shared = SharedDirectory.standing(run, host, names);
        container(1, volume).release(problems::add);
        for (int number = 2; number <= 2 * IdleShares.MOST; number++) {
            container(number, file("replaced-" + number)).release(problems::add);
        }
        assertThat(shared.names()).containsAll(names);
        assertThat(problems).isEmpty();
    }
}
