package io.saya.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.ConfigException;
import io.saya.config.load.ConfigLoader;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkSettingsTest {

    @ParameterizedTest
    @CsvSource({"0,1", "1,1", "3,3", "8,8", "200,8"})
    void aCardHasTheQueuesThatAreWantedWithinWhatAStartCanPass(int wanted, int queues)
            throws ConfigException {
        String toml = "[hypervisor.qemu]\ndefault_vcpus = 1\nnetwork_queues = " + wanted;
        assertThat(
                        NetworkSettings.of(
                                        new ConfigLoader(Path.of("/opt/saya")).parse(toml).config())
                                .queues())
                .isEqualTo(queues);
    }
}
