package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.event.RootfsMount;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RootLayersTest {

    private static RootfsMount overlay(String... options) {
        return new RootfsMount("overlay", "overlay", "", List.of(options));
    }

    @Test
    void layersBecomeAnOverlayThatNobodyWritesTo() {
        assertThat(
                        RootLayers.of(
                                List.of(
                                        overlay(
                                                "index=off",
                                                "workdir=/s/3/work",
                                                "upperdir=/s/3/fs",
                                                "lowerdir=/s/2/fs:/s/1/fs"))))
                .contains(
                        new RootLayers(
                                overlay("index=off", "ro", "lowerdir=/s/2/fs:/s/1/fs"),
                                Path.of("/s/3/fs")));
    }

    @Test
    void oneLayerBecomesABindMount() {
        assertThat(
                        RootLayers.of(
                                List.of(
                                        overlay(
                                                "lowerdir=/s/1/fs",
                                                "upperdir=/s/3/fs",
                                                "workdir=/s/3/work"))))
                .contains(
                        new RootLayers(
                                new RootfsMount("bind", "/s/1/fs", "", List.of("rbind", "ro")),
                                Path.of("/s/3/fs")));
    }

    @Test
    void anythingElseIsLeftAsItIs() {
        RootfsMount whole = overlay("lowerdir=/1", "upperdir=/3", "workdir=/w");
        assertThat(RootLayers.of(List.of())).isEmpty();
        assertThat(RootLayers.of(List.of(whole, whole))).isEmpty();
        assertThat(RootLayers.of(List.of(overlay("ro", "lowerdir=/2:/1")))).isEmpty();
        assertThat(RootLayers.of(List.of(overlay("upperdir=/3", "workdir=/w")))).isEmpty();
        assertThat(RootLayers.of(List.of(overlay("lowerdir=/1", "upperdir=3")))).isEmpty();
        assertThat(RootLayers.of(List.of(new RootfsMount("bind", "/a", "", List.of("rw")))))
                .isEmpty();
        assertThat(
                        RootLayers.of(
                                List.of(
                                        new RootfsMount(
                                                "overlay", "overlay", "below", whole.options()))))
                .isEmpty();
    }
}
