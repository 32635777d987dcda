package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtiofsdTest {

    private static final Path IN_C = Path.of("/usr/lib/qemu/virtiofsd");
    private static final Path IN_RUST = Path.of("/usr/libexec/virtiofsd");
    private static final Path SHARED = Path.of("/run/shared");

    @Test
    void theRustVersionGetsTheArgumentsOfTheFile() {
        assertThat(Virtiofsd.argv(IN_RUST, SHARED, "never", List.of("--xattr")))
                .containsExactly(
                        "/usr/libexec/virtiofsd",
                        "--fd=%fd:vhost-user%",
                        "--shared-dir=/run/shared",
                        "--cache=never",
                        "--announce-submounts",
                        "--no-readdirplus",
                        "--sandbox=namespace",
                        "--xattr");
    }

    @Test
    void theCVersionGetsThemInItsOwnWords() {
        assertThat(
                        Virtiofsd.argv(
                                IN_C,
                                SHARED,
                                "never",
                                List.of(
                                        "--thread-pool-size=1",
                                        "--announce-submounts",
                                        "--xattr",
                                        "--no-killpriv-v2",
                                        "-o",
                                        "no_flock")))
                .containsExactly(
                        "/usr/lib/qemu/virtiofsd",
                        "--fd=%fd:vhost-user%",
                        "-o",
                        "source=/run/shared",
                        "-o",
                        "cache=none",
                        "-o",
                        "announce_submounts",
                        "-o",
                        "sandbox=namespace",
                        "-f",
                        "-o",
                        "xattr",
                        "--thread-pool-size=1",
                        "-o",
                        "xattr",
                        "-o",
                        "no_killpriv_v2",
                        "-o",
                        "no_flock",
                        "-o",
                        "no_readdirplus");
    }

    @Test
    void anOperatorMayGiveItCapabilitiesBack() {
        assertThat(Virtiofsd.argv(IN_C, SHARED, "auto", List.of("-o", "modcaps=+sys_chroot")))
                .endsWith("-o", "modcaps=+sys_chroot");
        assertThat(
                        Virtiofsd.argv(
                                IN_C, SHARED, "auto", List.of("--modcaps=+sys_chroot:+sys_admin")))
                .doesNotContain("--modcaps=+sys_chroot:+sys_admin")
                .endsWith("-o", "modcaps=+sys_chroot:+sys_admin");
        assertThat(
                        Virtiofsd.argv(
                                IN_RUST,
                                SHARED,
                                "auto",
                                List.of("--modcaps=+sys_chroot", "--modcaps=-mknod")))
                .endsWith("--modcaps=+sys_chroot:-mknod");
    }

    @Test
    void attributesAreOnUnlessAnOperatorTurnsThemOff() {
        assertThat(Virtiofsd.argv(IN_C, SHARED, "auto", List.of()))
                .containsSequence("-o", "xattr")
                .noneMatch(word -> word.contains("modcaps"));
        assertThat(Virtiofsd.argv(IN_RUST, SHARED, "auto", List.of())).contains("--xattr");
        for (var off :
                List.of(
                        List.of("--no-xattr"),
                        List.of("-o", "no_xattr"),
                        List.of("-o", "no_flock,no_xattr"),
                        List.of("-ono_xattr"))) {
            assertThat(Virtiofsd.argv(IN_C, SHARED, "auto", off))
                    .doesNotContain("xattr", "--no-xattr")
                    .endsWith("-o", "modcaps=-setfcap");
        }
        assertThat(Virtiofsd.argv(IN_RUST, SHARED, "auto", List.of("--no-xattr")))
                .doesNotContain("--xattr", "--no-xattr")
                .contains("--modcaps=-setfcap");
    }

    @Test
    void noWordOfAnOperatorBringsBackListingsThatLoseFiles() {
        assertThat(Virtiofsd.argv(IN_C, SHARED, "auto", List.of("-o", "readdirplus")))
                .containsSubsequence("-o", "readdirplus", "-o", "no_readdirplus");
        assertThat(Virtiofsd.argv(IN_C, SHARED, "auto", List.of("--no-readdirplus")))
                .containsOnlyOnce("no_readdirplus")
                .doesNotContain("--no-readdirplus");
    }

    @Test
    void theRustVersionGetsNoFlagTwice() {
        assertThat(
                        Virtiofsd.argv(
                                IN_RUST,
                                SHARED,
                                "auto",
                                List.of("--announce-submounts", "--no-readdirplus", "--xattr")))
                .doesNotHaveDuplicates()
                .contains("--xattr");
    }

    @Test
    void keepsThePagesOfFilesThatTheHostHasNotChanged() {
        assertThat(Virtiofsd.argv(IN_C, SHARED, "revalidate", List.of()))
                .contains("cache=always,timeout=1");
        assertThat(Virtiofsd.argv(IN_RUST, SHARED, "revalidate", List.of()))
                .contains("--cache=auto");
    }

    @Test
    void autoIsWhatItIsForKata() {
        assertThat(Virtiofsd.argv(IN_C, SHARED, "auto", List.of())).contains("cache=auto");
        assertThat(Virtiofsd.argv(IN_RUST, SHARED, "auto", List.of())).contains("--cache=auto");
    }
}
