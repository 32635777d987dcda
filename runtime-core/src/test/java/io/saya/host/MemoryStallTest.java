package io.saya.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class MemoryStallTest {

    @Test
    void theTotalIsInMicroseconds() {
        assertThat(
                        MemoryStall.total(
                                """
                                some avg10=1.50 avg60=0.30 avg300=0.00 total=2500000
                                full avg10=0.00 avg60=0.00 avg300=0.00 total=7
                                """))
                .isEqualTo(Duration.ofMillis(2500));
    }

    @Test
    void whatIsNoSuchTextIsNoTime() {
        for (String text :
                new String[] {"", "some", "some total=x", "full total=1\n", "some a=1 total=-\n"}) {
            assertThat(MemoryStall.total(text)).as(text).isZero();
        }
        assertThat(MemoryStall.total("some avg10=0.00 total=9223372036854775807\n")).isZero();
    }

    @Test
    void theCgroupIsThatOfVersionTwo() {
        assertThat(MemoryStall.cgroup("12:memory:/pod\n0::/a.slice/b.scope\n"))
                .isEqualTo("/a.slice/b.scope");
        assertThat(MemoryStall.cgroup("12:memory:/pod\n0::/\n")).isEmpty();
        assertThat(MemoryStall.cgroup("")).isEmpty();
    }

    @Test
    void aProcessThatIsNotThereHasWaitedForNothing() {
        assertThat(MemoryStall.of(Integer.MAX_VALUE)).isZero();
    }
}
