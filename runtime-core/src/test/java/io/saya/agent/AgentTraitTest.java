package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentTraitTest {

    /**
     * S: streams end with wait, P: plain status, C: CloseStdin cuts, N: counts new CPUs, X: numbers
     * seccomp otherwise, E: empty is no end.
     */
    @ParameterizedTest
    @CsvSource({
        "2.0.4, SPCNXE",
        "2.1.0, SPCN",
        "3.1.3, SPCN",
        "3.2.0-alpha0, SPC",
        "3.6.0, SPC",
        "3.7.0-rc1, SP",
        "3.31.0, SP",
        "3.32.0, S",
        "4.1.0, S",
        "10.0.0, S",
        // Who does not say is trusted with as little as the oldest.
        "'', SPCNX",
        "\u001b[2J, SPCNX",
        "99999999999.1.0, SPCNX",
        "4.1.0+saya.0.1.0, -FLTMGKJO",
    })
    void areThoseOfTheRelease(String version, String expected) {
        String traits =
                Arrays.stream(AgentTrait.values())
                        .filter(GuestDetails.of(version, true)::has)
                        .map(
                                trait ->
                                        switch (trait) {
                                            case CONNECTS_PORTS -> "-";
                                            case FORWARDS_SOCKETS -> "F";
                                            case SLEWS_CLOCK -> "L";
                                            case STARTS_FROM_TEMPLATE -> "T";
                                            case MOUNTS_FILES -> "M";
                                            case GIVES_UP_PAGE_CACHE -> "G";
                                            case KEEPS_FILES -> "K";
                                            case JOINS_PID_NAMESPACE -> "J";
                                            case KEEPS_OUTPUT -> "O";
                                            case STREAMS_END_WITH_WAIT -> "S";
                                            case SIGNAL_IS_PLAIN_STATUS -> "P";
                                            case CLOSE_STDIN_CUTS_READ -> "C";
                                            case COUNTS_NEW_CPUS -> "N";
                                            case NUMBERS_SECCOMP_OTHERWISE -> "X";
                                            case EMPTY_READ_IS_NOT_THE_END -> "E";
                                        })
                        .collect(Collectors.joining());

        assertThat(traits).isEqualTo(expected);
    }
}
