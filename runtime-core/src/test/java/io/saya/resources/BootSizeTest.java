package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cgroup.PodLimits;
import io.saya.oci.OciSpec;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class BootSizeTest {
    private static final long MIB = 1 << 20;
    private static final SizingRule RULE =
            new SizingRule(false, 1, 8, 2048, 16384, SizingRule.Overhead.NONE);

    private static OciSpec spec(String annotations, String resources) {
        return OciSpec.parse(
                "{\"annotations\":%s,\"linux\":{\"resources\":%s}}"
                        .formatted(annotations, resources)
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static OciSpec pod(String told) {
        return spec("{\"io.kubernetes.cri.container-type\":\"sandbox\"" + told + "}", "{}");
    }

    private static final String SUM =
            ",\"io.kubernetes.cri.sandbox-memory\":\"67108864\",\"io.kubernetes.cri.sandbox-cpu-quota\":\"200000\",\"io.kubernetes.cri.sandbox-cpu-period\":\"100000\"";

    private static MachineSize size(OciSpec spec, PodLimits limits) {
        return BootSize.of(RULE, spec, limits).size();
    }

    @Test
    void aContainerThatIsStartedAloneHasItsOwnLimits() {
        assertThat(
                        size(
                                spec(
                                        "{}",
                                        "{\"memory\":{\"limit\":67108864},\"cpu\":{\"quota\":150000,\"period\":100000}}"),
                                PodLimits.NONE))
                .isEqualTo(new MachineSize(2, 194));
        assertThat(size(spec("{}", "{}"), PodLimits.NONE)).isEqualTo(new MachineSize(1, 2048));
    }

    @Test
    void aPodHasWhatItsManagerTellsOfItsContainers() {
        assertThat(size(pod(SUM), PodLimits.NONE)).isEqualTo(new MachineSize(2, 194));
        assertThat(size(pod(""), PodLimits.NONE)).isEqualTo(new MachineSize(1, 2048));
    }

    @Test
    void whereAKubeletLimitsThePodNothingIsUnlimitedInIt() {
        assertThat(
                        size(
                                pod(SUM),
                                new PodLimits(
                                        true,
                                        OptionalLong.of(224 * MIB),
                                        true,
                                        OptionalLong.empty())))
                .isEqualTo(new MachineSize(2, 194));
        assertThat(
                        size(
                                pod(SUM),
                                new PodLimits(
                                        true, OptionalLong.empty(), true, OptionalLong.empty())))
                .isEqualTo(new MachineSize(2, 2048 + 64));
        assertThat(
                        size(
                                pod(SUM),
                                new PodLimits(
                                        true,
                                        OptionalLong.of(224 * MIB),
                                        false,
                                        OptionalLong.empty())))
                .isEqualTo(new MachineSize(3, 194));
    }

    @Test
    void aCgroupThatIsTooSmallIsSaidWithTheNumber() {
        MachineSize size = new MachineSize(1, 194);
        assertThat(BootSize.tooLarge(size, PodLimits.NONE)).isEmpty();
        assertThat(
                        BootSize.tooLarge(
                                size,
                                new PodLimits(
                                        true,
                                        OptionalLong.of(294 * MIB),
                                        true,
                                        OptionalLong.empty())))
                .isEmpty();
        assertThat(
                        BootSize.tooLarge(
                                size,
                                new PodLimits(
                                        true,
                                        OptionalLong.of(224 * MIB),
                                        true,
                                        OptionalLong.empty())))
                .hasValueSatisfying(why -> assertThat(why).contains("224 MiB", "by 70Mi"));
    }

    @Test
    void aCgroupThatHoldsNoMachineIsRefusedWithTheNumber() {
        MachineSize size = new MachineSize(1, 194);
        assertThat(BootSize.tooSmall(size, PodLimits.NONE)).isEmpty();
        assertThat(BootSize.tooSmall(size, limited(96))).isEmpty();
        assertThat(BootSize.tooSmall(size, limited(95)))
                .hasValueSatisfying(why -> assertThat(why).contains("95 MiB", "by 199Mi"));
    }

    private static PodLimits limited(long mib) {
        return new PodLimits(true, OptionalLong.of(mib * MIB), true, OptionalLong.empty());
    }
}
