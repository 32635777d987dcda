package io.saya.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostSizeTest {

    @ParameterizedTest
    @CsvSource({"'0\n',1", "'0-3\n',4", "'0-3,8-11\n',8", "'0,2,4-5',4"})
    void cpuListsOfTheKernelAreCounted(String list, int cpus) {
        assertThat(HostSize.countCpus(list)).isEqualTo(cpus);
    }

    @ParameterizedTest
    @CsvSource({"''", "x", "3-"})
    void aListThatCannotBeReadGivesTheCpusOfTheJvm(String list) {
        assertThat(HostSize.countCpus(list)).isEqualTo(Runtime.getRuntime().availableProcessors());
    }

    @Test
    void memoryIsTheTotalInMib() {
        assertThat(HostSize.memoryMib("MemTotal:        8133620 kB\nMemFree: 1 kB\n"))
                .isEqualTo(7942);
        assertThat(HostSize.memoryMib("")).isEqualTo(HostSize.UNKNOWN_MEMORY_MIB);
    }

    @Test
    void thisHostHasCpusAndMemory() {
        HostSize host = HostSize.read();
        assertThat(host.cpus()).isPositive();
        assertThat(host.memoryMib()).isGreaterThan(100);
    }
}
