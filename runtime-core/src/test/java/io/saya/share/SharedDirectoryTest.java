package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.share.HostMounts.Access;
import io.saya.task.FakeHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedDirectoryTest {

    /** A container that is being created while its sandbox is deleted comes late with its root. */
    @Test
    void whatIsSharedAfterAllWasTakenBackLeavesNothing(@TempDir Path directory) throws IOException {
        SharedDirectory shared = SharedDirectory.create(directory, new HostMounts(new FakeHost()));
        List<Exception> problems = new ArrayList<>();
        shared.release(problems::add);
        assertThat(problems).isEmpty();
        assertThatThrownBy(() -> shared.share("late/rootfs", directory, Access.WRITABLE))
                .isInstanceOf(IOException.class)
                .hasMessage("share late/rootfs: the sandbox has ended");
        assertThat(directory.resolve("mounts/late")).doesNotExist();
    }
}
