package io.saya.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CgroupPathTest {

    @ParameterizedTest
    @CsvSource({
        "/kubepods/burstable/pod1/c1, /kubepods/burstable/pod1, saya_c1, false",
        "/saya-demo/c1, /saya-demo, saya_c1, false",
        "/c1, '', saya_c1, false",
        "c1, '', saya_c1, false",
        "a/./b//c1/, /a/b, saya_c1, false",
        "/a:b:c/c1, /a:b:c, saya_c1, false",
        "'', /saya, box, false",
        "/, /saya, box, false",
        "kubepods-burstable-pod1_2.slice:cri-containerd:c1,"
                + " /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice,"
                + " saya_c1, true",
        ":docker:c1, /system.slice, saya_c1, true",
        "-.slice:docker:c1, '', saya_c1, true",
        "/kubepods/burstable/pod1/box, /kubepods/burstable/pod1, box, false",
        "kubepods-pod1.slice:cri-containerd:box, /kubepods.slice/kubepods-pod1.slice, box, true",
    })
    void itIsInTheParentThatIsNamed(String given, String parent, String name, boolean slice) {
        assertThat(CgroupPath.of(given, "box")).isEqualTo(new CgroupPath(parent, name, slice));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a/../../etc/c1",
                "../c1",
                "/a/..",
                "/a\nb/c1",
                "kubepods.scope:cri:c1",
                "a--b.slice:cri:c1",
                "-a.slice:cri:c1",
                ".slice:cri:c1",
                "../../a.slice:cri:c1",
                "a.slice:cri:",
                "a.slice:cri:../c1",
            })
    void whatLeadsElsewhereIsRefused(String given) {
        assertThatThrownBy(() -> CgroupPath.of(given, "box"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("linux.cgroupsPath: '" + given + "'");
    }

    @Test
    void aNameThatNoFileCanHaveIsRefused() {
        assertThat(CgroupPath.of("/a/" + "c".repeat(250), "box").name()).hasSize(255);
        assertThatThrownBy(() -> CgroupPath.of("/a/" + "c".repeat(251), "box"))
                .hasMessageContaining("250 characters");
    }
}
