package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SizingRuleTest {
    private static final long MIB = 1 << 20;
    private static final SizingRule DYNAMIC =
            new SizingRule(false, 1, 8, 2048, 16384, SizingRule.Overhead.NONE);
    private static final SizingRule STATIC =
            new SizingRule(true, 0.5, 8, 256, 16384, SizingRule.Overhead.NONE);

    private static Demand demand(String resources) {
        return Demand.of(Json.parseObject(resources));
    }

    private static Demand memory(long mib) {
        return new Demand(mib * MIB, 0, 0, CpuSet.NONE);
    }

    private static Demand cpus(double cpus) {
        return new Demand(0, Math.round(cpus * 1_000_000), 0, CpuSet.NONE);
    }

    private static int mib(SizingRule rule, Demand... demands) {
        return rule.size(List.of(demands)).size().memoryMib();
    }

    private static int vcpus(SizingRule rule, Demand... demands) {
        return rule.size(List.of(demands)).size().vcpus();
    }

    @Test
    void withoutDemandsItIsTheDefault() {
        assertThat(DYNAMIC.size(List.of()))
                .isEqualTo(new Sizing(new MachineSize(1, 2048), List.of()));
        assertThat(DYNAMIC.size(List.of(Demand.UNLIMITED)).size())
                .isEqualTo(new MachineSize(1, 2048));
    }

    @Test
    void limitsOfMemoryAreAddedToWhatTheGuestNeeds() {
        assertThat(mib(DYNAMIC, memory(64))).isEqualTo(128 + 64 + 2);
        assertThat(mib(DYNAMIC, memory(4096))).isEqualTo(128 + 4096 + 66);
        assertThat(mib(DYNAMIC, memory(64), memory(512))).isEqualTo(128 + 576 + 10);
        assertThat(mib(STATIC, memory(64), memory(512))).isEqualTo(256 + 576);
    }

    /** The examples of Kata's guide to {@code overhead_*}. */
    @Test
    void aStaticMachineOfKatasRustRuntimeHasItsOverheadInPlaceOfTheDefaults() {
        SizingRule rule =
                new SizingRule(true, 2, 8, 1024, 16384, new SizingRule.Overhead(0.5, 256));
        Demand both = new Demand(600 * MIB, 1_500_000, 0, CpuSet.NONE);
        assertThat(rule.size(List.of(both)).size()).isEqualTo(new MachineSize(2, 856));
        assertThat(rule.size(List.of(memory(512))).size()).isEqualTo(new MachineSize(1, 768));
        assertThat(rule.size(List.of(cpus(1.5))).size()).isEqualTo(new MachineSize(2, 1024));
        assertThat(rule.size(List.of()).size()).isEqualTo(new MachineSize(2, 1024));
        assertThat(rule.size(List.of(Demand.UNLIMITED)).size()).isEqualTo(new MachineSize(2, 1024));
        // What is too little for a guest is made up for.
        SizingRule small =
                new SizingRule(true, 2, 8, 1024, 16384, new SizingRule.Overhead(0.2, 32));
        assertThat(mib(small, memory(512))).isEqualTo(512 + 128 + 9);
        // Without static_sandbox_resource_mgmt nothing of it counts.
        SizingRule dynamic =
                new SizingRule(false, 1, 8, 2048, 16384, new SizingRule.Overhead(4, 4096));
        assertThat(dynamic.size(List.of(both))).isEqualTo(DYNAMIC.size(List.of(both)));
    }

    @Test
    void aContainerWithoutLimitOfMemoryNeedsTheDefaultAsWell() {
        assertThat(mib(DYNAMIC, memory(64), Demand.UNLIMITED)).isEqualTo(2048 + 64);
        assertThat(mib(DYNAMIC, Demand.UNLIMITED, Demand.UNLIMITED)).isEqualTo(2048);
    }

    @Test
    void whatIsToldOfContainersThatAreNotKnownYetCountsAsOneWithoutLimit() {
        List<Demand> known = List.of(new Demand(64 * MIB, 1_500_000, 0, CpuSet.NONE));
        assertThat(DYNAMIC.size(known, Set.of(Resource.MEMORY)).size())
                .isEqualTo(new MachineSize(2, 2048 + 64));
        assertThat(DYNAMIC.size(known, Set.of(Resource.CPU)).size())
                .isEqualTo(new MachineSize(3, 128 + 64 + 2));
    }

    @Test
    void quotasAreAddedBeforeTheyAreRounded() {
        assertThat(vcpus(DYNAMIC, cpus(0.5))).isEqualTo(1);
        assertThat(vcpus(DYNAMIC, cpus(2))).isEqualTo(2);
        assertThat(vcpus(DYNAMIC, cpus(0.1), cpus(0.2), cpus(0.7))).isEqualTo(1);
        assertThat(vcpus(DYNAMIC, cpus(0.7), cpus(0.7))).isEqualTo(2);
        assertThat(vcpus(DYNAMIC, cpus(1.5), Demand.UNLIMITED)).isEqualTo(3);
        assertThat(vcpus(STATIC, cpus(1.5))).isEqualTo(2);
        assertThat(vcpus(STATIC, cpus(1.6))).isEqualTo(3);
    }

    @Test
    void withoutQuotasSharesAndCpusetsCount() {
        assertThat(vcpus(DYNAMIC, demand("{'cpu':{'shares':4096}}".replace('\'', '"'))))
                .isEqualTo(4);
        assertThat(vcpus(DYNAMIC, demand("{\"cpu\":{\"shares\":2}}"))).isEqualTo(1);
        assertThat(
                        vcpus(
                                DYNAMIC,
                                demand("{\"cpu\":{\"cpus\":\"0-1\"}}"),
                                demand("{\"cpu\":{\"cpus\":\"1,5\"}}")))
                .isEqualTo(3);
        assertThat(vcpus(DYNAMIC, demand("{\"cpu\":{\"cpus\":\"0-5\",\"quota\":100000}}")))
                .isEqualTo(1);
        // Kata's static mode goes by shares only where it is told that there is no quota.
        assertThat(vcpus(STATIC, demand("{\"cpu\":{\"shares\":2048}}"))).isEqualTo(1);
        assertThat(vcpus(STATIC, demand("{\"cpu\":{\"shares\":2048,\"quota\":-1}}"))).isEqualTo(3);
    }

    @Test
    void whatIsAboveACeilingIsSaid() {
        Sizing sizing = DYNAMIC.size(List.of(new Demand(1L << 40, 9_000_000, 0, CpuSet.NONE)));
        assertThat(sizing.size()).isEqualTo(new MachineSize(8, 16384));
        assertThat(sizing.clipped())
                .hasSize(2)
                .anySatisfy(
                        text -> assertThat(text).contains("9 CPUs", "has 8", "default_maxvcpus"))
                .anySatisfy(text -> assertThat(text).contains("has 16384", "default_maxmemory"));
    }

    @Test
    void numbersWithoutSenseCountAsNone() {
        assertThat(demand("{\"memory\":{\"limit\":-1},\"cpu\":{\"quota\":0,\"period\":0}}"))
                .isEqualTo(Demand.UNLIMITED);
        assertThat(demand("{\"cpu\":{\"quota\":50000}}").microCpus()).isEqualTo(500_000);
        assertThat(demand("{\"cpu\":{\"cpus\":\"5-1,x\",\"shares\":18446744073709551615}}"))
                .extracting(Demand::cpus)
                .isEqualTo(CpuSet.NONE);
        Demand most =
                demand(
                        "{\"memory\":{\"limit\":9223372036854775807},\"cpu\":{\"quota\":9223372036854775807,\"period\":1}}");
        assertThat(DYNAMIC.size(List.of(most, most, most)).size())
                .isEqualTo(new MachineSize(8, 16384));
    }

    @Test
    void anUpdateOfQuotaOrPeriodAloneIsOfTheOtherThatThereIs() {
        Demand before = demand("{\"cpu\":{\"quota\":50000,\"period\":50000}}");
        assertThat(before.updated(Json.parseObject("{\"cpu\":{\"quota\":100000}}")).microCpus())
                .isEqualTo(2_000_000);
        assertThat(before.updated(Json.parseObject("{\"cpu\":{\"period\":20000}}")).microCpus())
                .isEqualTo(2_500_000);
        assertThat(before.updated(Json.parseObject("{\"cpu\":{\"quota\":-1}}")).microCpus())
                .isEqualTo(-1);
        assertThat(
                        demand("{\"cpu\":{\"period\":50000}}")
                                .updated(Json.parseObject("{\"cpu\":{\"quota\":100000}}"))
                                .microCpus())
                .isEqualTo(2_000_000);
    }

    @Test
    void hugePagesCountAsMemory() {
        assertThat(
                        demand(
                                        "{\"memory\":{\"limit\":1048576},\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":2097152},{\"pageSize\":\"1GB\",\"limit\":0}]}")
                                .memoryBytes())
                .isEqualTo(3 * MIB);
    }

    @Test
    void containerdTellsAPodsSumByOneAnnotationForEachNumber() {
        assertThat(
                        PodDemand.of(
                                Map.of(
                                        "io.kubernetes.cri.sandbox-cpu-quota", "150000",
                                        "io.kubernetes.cri.sandbox-cpu-period", "100000",
                                        "io.kubernetes.cri.sandbox-cpu-shares", "512",
                                        "io.kubernetes.cri.sandbox-memory", "314572800")))
                .contains(new Demand(300 * MIB, 1_500_000, 512, CpuSet.NONE));
    }

    @Test
    void criOTellsItAsJson() {
        assertThat(
                        PodDemand.of(
                                Map.of(
                                        "io.kubernetes.cri-o.PodLinuxResources",
                                        "{\"cpu_period\":100000,\"cpu_quota\":150000,\"cpu_shares\":512,\"memory_limit_in_bytes\":314572800}")))
                .contains(new Demand(300 * MIB, 1_500_000, 512, CpuSet.NONE));
        assertThat(PodDemand.of(Map.of("io.kubernetes.cri-o.PodLinuxResources", "{")))
                .isEqualTo(Optional.empty());
    }

    @Test
    void aPodOfWhichNothingIsToldHasNoDemand() {
        assertThat(PodDemand.of(Map.of())).isEmpty();
        assertThat(
                        PodDemand.of(
                                Map.of(
                                        "io.kubernetes.cri.sandbox-memory", "-5",
                                        "io.kubernetes.cri.sandbox-cpu-quota", "much")))
                .isEmpty();
    }
}
