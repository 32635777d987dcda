package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VcpuPinningTest {
    private final List<String> bound = new ArrayList<>();
    private final VcpuPinning pinning =
            VcpuPinning.by((thread, cpus) -> bound.add(thread + " to " + cpus), "0-7");
    private List<Long> threads = List.of(11L, 12L);

    private final Vm vm =
            (Vm)
                    Proxy.newProxyInstance(
                            Vm.class.getClassLoader(),
                            new Class<?>[] {Vm.class},
                            (_, _, _) -> {
                                if (threads.isEmpty()) {
                                    throw new HypervisorFailure("no answer", null);
                                }
                                return threads;
                            });

    private void follow(int vcpus, String... sets) {
        Map<String, CpuSet> containers = new java.util.LinkedHashMap<>();
        CpuSet named = CpuSet.NONE;
        for (String set : sets) {
            containers.put("c" + containers.size(), CpuSet.parse(set));
            named = named.union(CpuSet.parse(set));
        }
        pinning.apply(vm, pinning.wanted(GuestCpus.of(containers, vcpus), named, vcpus));
    }

    @Test
    void eachStandsForItsOwnAndAllAreFreeWhenTheyAreNotAsMany() {
        follow(2, "4-5");
        assertThat(bound).containsExactly("11 to 4", "12 to 5");
        follow(2, "4-5");
        assertThat(bound).hasSize(2);
        follow(2, "4-5", "6");
        assertThat(bound.subList(2, 4)).containsExactly("11 to 0-7", "12 to 0-7");
        follow(2, "6", "3");
        assertThat(bound.subList(4, 6)).containsExactly("11 to 6", "12 to 3");
    }

    @Test
    void withoutSetsNothingIsBound() {
        follow(2);
        follow(1, "4-5");
        assertThat(bound).isEmpty();
    }

    @Test
    void oneThreadForAllIsLeftAlone() {
        threads = List.of(11L, 11L);
        follow(2, "4-5");
        assertThat(bound).isEmpty();
    }

    @Test
    void whatFailsIsNotTriedAgainUntilSomethingChanges() {
        threads = List.of();
        follow(2, "4-5");
        threads = List.of(11L, 12L);
        follow(2, "4-5");
        assertThat(bound).isEmpty();
        follow(2, "1-2");
        assertThat(bound).containsExactly("11 to 1", "12 to 2");
    }

    @Test
    void offItDoesNothing() throws IOException {
        assertThat(
                        VcpuPinning.OFF.wanted(
                                new GuestCpus(List.of(1), Map.of()), CpuSet.parse("1"), 1))
                .isEmpty();
    }
}
