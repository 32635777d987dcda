package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class GuestCpusTest {

    /** The guest's CPUs of containers a, b, ... that are bound to these of the host. */
    private static String guests(int vcpus, String... hosts) {
        Map<String, CpuSet> sets = new LinkedHashMap<>();
        for (String host : hosts) {
            sets.put(Character.toString('a' + sets.size()), CpuSet.parse(host));
        }
        StringBuilder guests = new StringBuilder();
        GuestCpus placed = GuestCpus.of(sets, vcpus);
        sets.keySet().forEach(name -> guests.append(placed.guests().get(name)).append(' '));
        return guests.toString().strip();
    }

    @Test
    void eachVirtualCpuStandsForOneOfTheHosts() {
        assertThat(guests(2, "1")).isEqualTo("0");
        assertThat(guests(4, "2-3", "7,9")).isEqualTo("0-1 2-3");
        assertThat(guests(3, "2-3", "3-4")).isEqualTo("0-1 1-2");
    }

    @Test
    void whatOneContainerHasAloneComesBeforeWhatAllShare() {
        assertThat(guests(3, "0-1,4-63", "2-3")).isEqualTo("2 0-1");
    }

    @Test
    void whereNoneStandsForItsCpusAContainerMayUseAll() {
        assertThat(guests(1, "0", "1")).isEqualTo("0 0");
        assertThat(guests(2, "0-63")).isEqualTo("0-1");
        assertThat(guests(2, "0-1", "2-3")).isEqualTo("0-1 0-1");
    }

    @Test
    void setsAreWrittenAsTheKernelDoes() {
        assertThat(CpuSet.parse("8,0-2, 5".replace(" ", "")).toString()).isEqualTo("0-2,5,8");
        assertThat(CpuSet.NONE.toString()).isEmpty();
    }
}
