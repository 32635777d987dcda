package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.Agent;
import io.saya.agent.GuestStorage;
import io.saya.failure.RuntimeFailure;
import io.saya.lifecycle.Waited;
import io.saya.share.KubeletVolume;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeFollowerTest {

    private static final String PLACE = "/run/volume";

    @TempDir Path directory;

    private final AtomicLong now = new AtomicLong();
    private final VolumeFollower follower = new VolumeFollower(now::get);
    private final List<GuestStorage> told = new CopyOnWriteArrayList<>();
    private volatile @Nullable RuntimeFailure refusal;

    @Test
    void theGuestIsToldOnceOfEachChange() throws IOException {
        KubeletVolume volume = filled("1");
        follower.follow(PLACE, new KubeletVolume.Told(volume, "..1"));
        look();
        assertThat(told).isEmpty();
        fill("2");
        look();
        assertThat(follower.followed(PLACE)).contains(new KubeletVolume.Told(volume, "..2"));
        look();
        assertThat(told)
                .singleElement()
                .satisfies(
                        storage -> {
                            assertThat(storage.mountPoint()).isEqualTo(PLACE);
                            assertThat(storage.files())
                                    .anySatisfy(
                                            file ->
                                                    assertThat(file.content().toStringUtf8())
                                                            .isEqualTo("content of 2"));
                        });
    }

    @Test
    void aVolumeIsFollowedUntilItsLastContainerIsGone() throws IOException {
        KubeletVolume volume = filled("1");
        follower.follow(PLACE, new KubeletVolume.Told(volume, "..1"));
        fill("2");
        follower.follow(PLACE, new KubeletVolume.Told(volume, "..2"));
        follower.unfollow(PLACE);
        look();
        assertThat(told).as("what the first container came with was older").hasSize(1);
        follower.unfollow(PLACE);
        fill("3");
        look();
        assertThat(told).hasSize(1);
    }

    @Test
    void whatTheGuestDoesNotTakeIsToldAgainInAMinute() throws IOException {
        follower.follow(PLACE, new KubeletVolume.Told(filled("1"), "..1"));
        fill("2");
        refusal = RuntimeFailure.internal("no room", null);
        look();
        refusal = null;
        look();
        assertThat(told).isEmpty();
        now.addAndGet(Duration.ofMinutes(1).toNanos());
        look();
        assertThat(told).hasSize(1);
    }

    @Test
    void aVolumeThatHasGoneIsNoChange() throws IOException {
        KubeletVolume volume = filled("1");
        follower.follow(PLACE, new KubeletVolume.Told(volume, "..1"));
        Files.delete(volume.directory().resolve("..data"));
        look();
        assertThat(told).isEmpty();
    }

    private void look() {
        follower.look(agent());
        for (int i = 0; follower.isLooking() && i < 1000; i++) {
            Waited.pause(Duration.ofMillis(10));
        }
        assertThat(follower.isLooking()).isFalse();
    }

    private Agent agent() {
        return (Agent)
                Proxy.newProxyInstance(
                        Agent.class.getClassLoader(),
                        new Class<?>[] {Agent.class},
                        (_, method, arguments) -> {
                            assertThat(method.getName()).isEqualTo("updateFiles");
                            if (refusal != null) {
                                throw refusal;
                            }
                            told.add((GuestStorage) arguments[0]);
                            return null;
                        });
    }

    private KubeletVolume filled(String version) throws IOException {
        fill(version);
        return new KubeletVolume(directory);
    }

    private void fill(String version) throws IOException {
        Files.writeString(
                Files.createDirectory(directory.resolve(".." + version)).resolve("key"),
                "content of " + version);
        Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of(".." + version));
        Files.move(
                directory.resolve("..data_tmp"),
                directory.resolve("..data"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }
}
