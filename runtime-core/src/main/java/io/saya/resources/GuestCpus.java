package io.saya.resources;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The virtual CPUs of the containers of a pod that are bound to CPUs of the host. Each virtual CPU
 * stands for one CPU of the host, those of the smallest sets first, which are the ones that a
 * kubelet gives to one container alone. A container may use the virtual CPUs that stand for one of
 * its set; where none does, since there are fewer virtual CPUs than the sets name, it may use all.
 *
 * @param hosts of each virtual CPU, by its number, the CPU of the host that it stands for; the
 *     others stand for none
 * @param guests of each bound container, the virtual CPUs that it may use; never empty
 */
public record GuestCpus(List<Integer> hosts, Map<String, CpuSet> guests) {

    /** Makes both unmodifiable. */
    public GuestCpus {
        hosts = List.copyOf(hosts);
        guests = Map.copyOf(guests);
    }

    /**
     * Decides which virtual CPUs each container gets. Equal sets in an equal order give an equal
     * answer.
     *
     * @param sets of the host's CPUs, by container; those without a set are left out
     * @param vcpus how many virtual CPUs there are, at least 1
     */
    static GuestCpus of(Map<String, CpuSet> sets, int vcpus) {
        List<CpuSet> bySize = new ArrayList<>(sets.values());
        bySize.sort(Comparator.comparingInt(CpuSet::count));
        List<Integer> hosts = new ArrayList<>();
        for (CpuSet set : bySize) {
            for (int cpu : set.numbers()) {
                if (hosts.size() < vcpus && !hosts.contains(cpu)) {
                    hosts.add(cpu);
                }
            }
        }
        Map<String, CpuSet> guests = new LinkedHashMap<>();
        sets.forEach((container, set) -> guests.put(container, guest(hosts, set, vcpus)));
        return new GuestCpus(hosts, guests);
    }

    private static CpuSet guest(List<Integer> hosts, CpuSet set, int vcpus) {
        BitSet guest = new BitSet();
        for (int vcpu = 0; vcpu < hosts.size(); vcpu++) {
            if (set.contains(hosts.get(vcpu))) {
                guest.set(vcpu);
            }
        }
        return guest.isEmpty() ? CpuSet.first(vcpus) : CpuSet.of(guest);
    }
}
