package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.resources.MachineSize;
import org.junit.jupiter.api.Test;

final class HugePagesTest {
    private static final String MEMINFO =
            "MemTotal: 9 kB\nHugePages_Total:     120\nHugePages_Free:      100\n"
                    + "HugePages_Rsvd:        3\nHugepagesize:       2048 kB\n";

    @Test
    void aMachineHasWholePages() throws Exception {
        assertThat(HugePages.of(MEMINFO).hold(new MachineSize(2, 193)))
                .isEqualTo(new MachineSize(2, 194));
    }

    @Test
    void howManyAreMissingIsTold() {
        assertThatThrownBy(() -> HugePages.of(MEMINFO).hold(new MachineSize(1, 201)))
                .isInstanceOf(HypervisorFailure.class)
                .hasMessageContaining("201 MiB is 101 huge pages of 2048 KiB")
                .hasMessageContaining("has 97 free: raise vm.nr_hugepages by 4");
        assertThatThrownBy(() -> HugePages.of("MemTotal: 9 kB").hold(new MachineSize(1, 200)))
                .hasMessageContaining("no huge pages");
    }
}
