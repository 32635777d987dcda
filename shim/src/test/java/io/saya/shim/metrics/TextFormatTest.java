package io.saya.shim.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextFormatTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | PROMETHEUS",
                "*/* | PROMETHEUS",
                "text/plain;version=0.0.4 | PROMETHEUS",
                "application/openmetrics-text | OPENMETRICS",
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5 | OPENMETRICS",
                "text/plain, application/openmetrics-text;q=0 | PROMETHEUS",
            })
    void theHeaderAcceptDecides(String accept, TextFormat format) {
        assertThat(TextFormat.of(accept)).isEqualTo(format);
    }
}
