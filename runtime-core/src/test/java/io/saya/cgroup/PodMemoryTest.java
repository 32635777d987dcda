package io.saya.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class PodMemoryTest {

    @Test
    void ofVersion2() {
        assertThat(
                        PodMemory.of(
                                "1048576\n",
                                "anon 1000\nfile 500000\nkernel 70\nshmem 200\n",
                                "some avg10=0.00 avg60=1.00 avg300=0.00 total=391455\n"
                                        + "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"))
                .isEqualTo(new PodMemory(OptionalLong.of(1048576), 1200, OptionalLong.of(391455)));
    }

    @Test
    void ofVersion1CountsWhatIsBelow() {
        assertThat(
                        PodMemory.of(
                                "9223372036854771712\n",
                                "cache 1\nrss 2\nshmem 4\ntotal_cache 8\ntotal_rss 16\ntotal_shmem 32\n",
                                ""))
                .isEqualTo(new PodMemory(OptionalLong.empty(), 48, OptionalLong.empty()));
    }

    @Test
    void ofNothingThatCanBeRead() {
        assertThat(PodMemory.of("", "", "")).isEqualTo(PodMemory.UNKNOWN);
        assertThat(PodMemory.of("max\n", "anon x\n\nshmem", "some total=\n"))
                .isEqualTo(PodMemory.UNKNOWN);
    }
}
