package io.saya.cli.factory;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.FactoryConfig;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfiguredStoreTest {
    private static final FactoryConfig CONFIG =
            new FactoryConfig(true, Path.of("/run/saya/templates"));

    @Test
    void whoMayNotLookIsToldWhoMay() {
        assertThat(
                        ConfiguredStore.failure(
                                CONFIG, new AccessDeniedException("/run/saya/templates")))
                .hasMessage("/run/saya/templates: permission denied; try it as root");
    }

    @Test
    void whatElseIsWrongIsSaid() {
        assertThat(ConfiguredStore.failure(CONFIG, new IOException("No space left on device")))
                .hasMessage("/run/saya/templates: No space left on device");
    }
}
