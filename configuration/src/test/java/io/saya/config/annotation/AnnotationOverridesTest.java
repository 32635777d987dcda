package io.saya.config.annotation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.config.ConfigException;
import io.saya.config.Problem;
import io.saya.config.load.LoadedConfig;
import io.saya.config.load.TestHost;
import io.saya.config.option.RuntimeOptions;
import io.saya.config.option.SizeOptions;
import io.saya.config.option.VmOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnnotationOverridesTest {

    private static final String KATA = "io.katacontainers.config.hypervisor.";

    @TempDir Path root;
    private TestHost host;

    @BeforeEach
    void aHost() throws IOException {
        host = new TestHost(root);
    }

    /** What the files say, with some lines of the operator's in the section of the hypervisor. */
    private LoadedConfig base(String lines) throws IOException, ConfigException {
        host.write("etc/saya/configuration.toml", host.hypervisor(lines));
        return host.loader().load(Optional.empty(), Map.of());
    }

    private static LoadedConfig apply(LoadedConfig base, String... namesAndValues)
            throws ConfigException {
        Map<String, String> annotations = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            annotations.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return AnnotationOverrides.apply(base, annotations);
    }

    private static List<String> refusal(LoadedConfig base, String... namesAndValues) {
        try {
            apply(base, namesAndValues);
        } catch (ConfigException e) {
            return e.problems().stream().map(Problem::toString).toList();
        }
        return List.of();
    }

    @Test
    void annotationsOfOthersArePassedOver() throws Exception {
        LoadedConfig base = base("");
        assertThat(apply(base, "io.kubernetes.cri.container-type", "sandbox", "x", "y"))
                .isSameAs(base);
    }

    @Test
    void anAllowedAnnotationIsHonouredUnderBothPrefixes() throws Exception {
        LoadedConfig base = base("enable_annotations = ['default_memory', 'default_vcpus']\n");

        LoadedConfig loaded =
                apply(
                        base,
                        KATA + "default_memory",
                        "700",
                        "io.saya.config.hypervisor.default_vcpus",
                        "2.5");

        assertThat(loaded.config().hypervisor().memory().defaultMib()).isEqualTo(700);
        assertThat(loaded.config().hypervisor().cpu().defaultVcpus()).isEqualTo(2.5);
        assertThat(loaded.effective().setting(SizeOptions.DEFAULT_MEMORY).origin())
                .hasToString("annotation " + KATA + "default_memory");
        assertThat(base.config().hypervisor().memory().defaultMib()).isEqualTo(2048);
    }

    @Test
    void aRefusalNamesTheAnnotationTheKeyAndTheFile() throws Exception {
        LoadedConfig base = base("enable_annotations = ['kernel_params']\n");

        assertThat(refusal(base, KATA + "default_memory", "700"))
                .containsExactly(
                        "annotation io.katacontainers.config.hypervisor.default_memory: error: is"
                                + " not enabled; to allow it, add \"default_memory\" to"
                                + " enable_annotations in section [hypervisor.qemu] of "
                                + root
                                + "/etc/saya/configuration.toml (line 4)");
    }

    @Test
    void aRefusalSaysWhichFileToMakeWhereThereIsNone() throws Exception {
        LoadedConfig base = host.loader().parse("");
        String name = "io.katacontainers.config.runtime.enable_pprof";

        assertThat(refusal(base, name, "true").getFirst())
                .contains("add \"runtime.enable_pprof\" to enable_annotations")
                .contains("by default it is [\"enable_iommu\"");
    }

    @Test
    void expressionsMatchWholeNames() throws Exception {
        LoadedConfig base = base("enable_annotations = ['path', 'default_.*']\n");

        assertThat(refusal(base, KATA + "jailer_path", "/x")).hasSize(1);
        assertThat(refusal(base, KATA + "default_memory", "700")).isEmpty();
        assertThat(refusal(base, KATA + "machine_type", "q35")).hasSize(1);
    }

    @Test
    void optionsOfOtherSectionsNeedTheirSectionInTheList() throws Exception {
        String name = "io.katacontainers.config.runtime.create_container_timeout";

        assertThat(refusal(base("enable_annotations = ['create_container_timeout']\n"), name, "9"))
                .hasSize(1);
        LoadedConfig loaded =
                apply(
                        base("enable_annotations = ['runtime.create_container_timeout']\n"),
                        name,
                        "9");
        assertThat(loaded.config().agent().timeouts().createContainer()).hasSeconds(9);
        assertThat(refusal(base("enable_annotations = ['.*']\n"), name, "9")).isEmpty();
    }

    @Test
    void theOddNameOfVcpuPinningIsKnown() throws Exception {
        String name = "io.katacontainers.enable_vcpus_pinning";
        assertThat(refusal(base(""), name, "true").getFirst())
                .contains("add \"runtime.enable_vcpus_pinning\"");
    }

    @Test
    void namesOfNobodyAreRefusedWithAGuess() throws Exception {
        LoadedConfig base = base("enable_annotations = ['.*']\n");

        assertThat(refusal(base, KATA + "defalt_memory", "1").getFirst())
                .endsWith("no option has this name; did you mean hypervisor.default_memory?");
        assertThat(refusal(base, KATA + "default_maxmemory", "1").getFirst())
                .endsWith(
                        "cannot be set per pod; set default_maxmemory in section [hypervisor.qemu]"
                                + " of the configuration file");
        assertThat(refusal(base, "io.saya.config.nonsense", "1").getFirst())
                .contains("no option has this name");
    }

    @Test
    void valuesAreCheckedLikeThoseOfAFile() throws Exception {
        LoadedConfig base = base("enable_annotations = ['.*']\n");

        assertThat(
                        refusal(
                                base,
                                KATA + "default_memory",
                                "2G",
                                KATA + "default_vcpus",
                                "5",
                                KATA + "accelerator",
                                "hvf",
                                KATA + "kernel",
                                "vmlinux"))
                .containsExactlyInAnyOrder(
                        "annotation io.katacontainers.config.hypervisor.accelerator: error:"
                                + " \"hvf\": expected one of \"auto\", \"kvm\", \"tcg\"",
                        "annotation io.katacontainers.config.hypervisor.default_memory: error:"
                                + " \"2G\": expected a whole number of MiB, 128 or more",
                        "annotation io.katacontainers.config.hypervisor.default_vcpus: error:"
                                + " \"5\": expected 0 to 4, as many CPUs as this host has",
                        "annotation io.katacontainers.config.hypervisor.kernel: error: \"vmlinux\":"
                                + " expected an absolute path or \"\"; it must begin with '/'");
        assertThat(refusal(base, KATA + "default_memory", "9000").getFirst())
                .contains("expected at most 8000 MiB");
    }

    @Test
    void booleansHaveGosForms() throws Exception {
        LoadedConfig base = base("enable_annotations = ['.*']\n");
        String name = "io.katacontainers.config.runtime.disable_guest_seccomp";

        assertThat(apply(base, name, "F").effective().value(RuntimeOptions.DISABLE_GUEST_SECCOMP))
                .isFalse();
        assertThat(apply(base, name, "1").effective().value(RuntimeOptions.DISABLE_GUEST_SECCOMP))
                .isTrue();
        assertThat(refusal(base, name, "yes").getFirst()).contains("expected true or false");
    }

    @Test
    void whatContradictsTheFileIsRefused() throws Exception {
        LoadedConfig base = base("enable_annotations = ['.*']\ndefault_maxmemory = 3000\n");

        assertThat(refusal(base, KATA + "default_memory", "4000").getFirst())
                .contains("default_maxmemory = 3000 contradicts")
                .contains("default_memory = 4000 (annotation " + KATA + "default_memory)");
    }

    @Test
    void whatTheRuntimeDoesNotDoIsRefused() throws Exception {
        LoadedConfig base = base("enable_annotations = ['.*']\n");

        assertThat(refusal(base, KATA + "enable_iommu", "true").getFirst())
                .contains("refused, because the machine has no virtual IOMMU");
        assertThat(apply(base, KATA + "msize_9p", "4096").warnings())
                .extracting(Problem::text)
                .singleElement()
                .asString()
                .contains("msize_9p = 4096 has no effect");
    }

    @Test
    void theSameUnderTwoNamesIsRefused() throws Exception {
        LoadedConfig base = base("enable_annotations = ['.*']\n");

        assertThat(
                        refusal(
                                base,
                                KATA + "default_memory",
                                "700",
                                "io.saya.config.hypervisor.default_memory",
                                "800"))
                .singleElement()
                .asString()
                .contains("sets the same as " + KATA + "default_memory");
    }

    @Test
    void pathsMustBeOnTheirOwnList() throws Exception {
        Path other = host.write("vmm/qemu-8", "#!/bin/sh\n");
        assertThat(other.toFile().setExecutable(true)).isTrue();
        String lines = "enable_annotations = ['path']\n";

        assertThat(refusal(base(lines), KATA + "path", other.toString()).getFirst())
                .contains(other + "\" is not on the list; to allow it, add")
                .contains("to valid_hypervisor_paths in section [hypervisor.qemu] of " + root);

        String list = "valid_hypervisor_paths = ['" + root + "/vmm/qemu-*']\n";
        assertThat(apply(base(lines + list), KATA + "path", other.toString()))
                .extracting(loaded -> loaded.config().hypervisor().vmm().path())
                .isEqualTo(other);
        assertThat(refusal(base(lines + list), KATA + "path", root + "/vmm/../qemu")).hasSize(1);
        assertThat(refusal(base(lines + "valid_hypervisor_paths = []\n"), KATA + "path", "/x"))
                .hasSize(1);
    }

    @Test
    void aPathThatIsAllowedMustExist() throws Exception {
        LoadedConfig base =
                base("enable_annotations = ['path']\nvalid_hypervisor_paths = ['/no/*']\n");

        assertThat(refusal(base, KATA + "path", "/no/qemu"))
                .singleElement()
                .asString()
                .startsWith("annotation " + KATA + "path: error: ")
                .contains("does not exist");
    }

    @Test
    void aPodsKernelParametersReplaceThoseOfTheSameName() throws Exception {
        LoadedConfig base = base("kernel_params = 'a=1 quiet b=2'\n");

        assertThat(apply(base, KATA + "kernel_params", "b=3 c=4"))
                .extracting(loaded -> loaded.config().hypervisor().guest().kernelParameters())
                .isEqualTo(List.of("a=1", "quiet", "b=3", "c=4"));
    }

    @Test
    void anImageTakesThePlaceOfTheInitrd() throws Exception {
        String file = root + "/file";
        LoadedConfig base =
                base(
                        "enable_annotations = ['image', 'kernel']\nvalid_boot_paths = ['"
                                + file
                                + "']\n");

        LoadedConfig loaded = apply(base, KATA + "image", file, KATA + "kernel", file);

        assertThat(loaded.config().hypervisor().guest().image().orElseThrow().path())
                .isEqualTo(Path.of(file));
        assertThat(loaded.config().hypervisor().guest().initrd()).isEmpty();
    }

    @Test
    void argumentsOfVirtiofsdAreAppendedIfTheyAreHarmless() throws Exception {
        LoadedConfig base =
                base(
                        "enable_annotations = ['virtio_fs_extra_args']\n"
                                + "virtio_fs_extra_args = ['--xattr']\n");
        String name = KATA + "virtio_fs_extra_args";

        LoadedConfig loaded =
                apply(base, name, "[\"--thread-pool-size=4\", \"-o\",\"no_xattr,writeback\"]");
        assertThat(loaded.config().hypervisor().sharedFs().extraArguments())
                .containsExactly("--xattr", "--thread-pool-size=4", "-o", "no_xattr,writeback");
        assertThat(refusal(base, name, "[\"--shared-dir=/\"]").getFirst())
                .contains("a pod may not give virtiofsd the argument \"--shared-dir=/\"");
        assertThat(refusal(base, name, "[\"-o\", \"source=/\"]")).hasSize(1);
        assertThat(refusal(base, name, "[\"-o\"]")).hasSize(1);
        assertThat(refusal(base, name, "[\"-o\", \"flock\"]").getFirst())
                .contains("refuses each lock that has to wait");
        assertThat(refusal(base, name, "--xattr").getFirst()).contains("a JSON array of strings");
    }

    @Test
    void aHashThatDoesNotFitStopsTheStart() throws Exception {
        LoadedConfig base = base("");
        String wrong = "ab".repeat(64);

        assertThat(refusal(base, KATA + "kernel_hash", wrong).getFirst())
                .endsWith("has not the SHA-512 that is asked for");
    }

    /** A pod that may name a file learns nothing of one that it may not. */
    @Test
    void whatIsRefusedIsNotRead() throws Exception {
        Path secret = host.write("secret", "of the host");
        LoadedConfig base = base("enable_annotations = ['kernel']\n");
        assertThat(
                        refusal(
                                base,
                                KATA + "kernel",
                                secret.toString(),
                                KATA + "kernel_hash",
                                "ab".repeat(64)))
                .singleElement()
                .asString()
                .contains("is not on the list; to allow it, add")
                .contains("to valid_boot_paths");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel", "initrd", "image"})
    void whatIsBootedMustBeOnItsList(String name) throws Exception {
        Path other = host.write("boot/other", "x");
        String lines = "enable_annotations = ['.*']\n";
        assertThat(refusal(base(lines), KATA + name, other.toString())).hasSize(1);
        String list = "valid_boot_paths = ['" + root + "/boot/*']\n";
        assertThat(refusal(base(lines + list), KATA + name, other.toString())).isEmpty();
    }

    /** A FIFO that nobody writes to would hold the start up for ever. */
    @Test
    @Timeout(30)
    void noHashIsMadeOfAFifoOrADevice() throws Exception {
        Path fifo = root.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
        String lines = "enable_annotations = ['.*']\nvalid_boot_paths = ['/**']\n";
        for (String path : List.of(fifo.toString(), "/dev/zero")) {
            assertThat(refusal(base(lines), KATA + "kernel", path, KATA + "kernel_hash", "0"))
                    .isNotEmpty();
        }
    }

    @Test
    void aHashThatFitsIsFine() throws Exception {
        LoadedConfig base = base("");
        byte[] kernel = Files.readAllBytes(base.effective().value(VmOptions.KERNEL));
        String found =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-512").digest(kernel));

        assertThat(refusal(base, KATA + "kernel_hash", found)).isEmpty();
        assertThat(refusal(base, KATA + "image_hash", found).getFirst()).contains("is not set");
    }

    @Test
    void nothingOfALongValueReachesTheLogUnchecked() throws Exception {
        LoadedConfig base = base("enable_annotations = ['.*']\n");
        assertThat(refusal(base, KATA + "kernel_params", "a\u001b[31m\n" + "b".repeat(9999)))
                .singleElement()
                .asString()
                .hasSizeLessThan(300)
                .doesNotContain("\u001b", "\n");
    }

    @Test
    void whatAContainerManagerTellsIsNoSetting() throws Exception {
        LoadedConfig base = base("");
        assertThat(apply(base, "io.kubernetes.cri.sandbox-memory", "999999999")).isSameAs(base);
    }

    @Test
    void theExceptionsMessageHoldsEveryRefusal() throws Exception {
        LoadedConfig base = base("enable_annotations = []\n");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () ->
                                apply(
                                        base,
                                        KATA + "default_memory",
                                        "1",
                                        KATA + "kernel_params",
                                        "x"))
                .withMessageContaining("default_memory: error: is not enabled")
                .withMessageContaining("kernel_params: error: is not enabled");
    }
}
