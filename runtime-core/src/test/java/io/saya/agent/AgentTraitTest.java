package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentTraitTest {

    /**
     * S: streams end with wait, Q: may miss a lack of memory, P: plain status, C: CloseStdin cuts,
     * N: counts new CPUs, X: numbers seccomp otherwise, E: empty is no end.
     */
    @ParameterizedTest
    @CsvSource({
        "2.0.4, SQPCNXE",
        "2.1.0, SQPCN",
        "3.1.3, SQPCN",
        "3.2.0-alpha0, SQPC",
        "3.6.0, SQPC",
        "3.7.0-rc1, SQP",
        "3.31.0, SQP",
        "3.32.0, SQ",
        "4.1.0, SQ",
        "10.0.0, SQ",
        // Who does not say is trusted with as little as the oldest.
        "'', SQPCNX",
        "\u001b[2J, SQPCNX",
        "99999999999.1.0, SQPCNX",
        "4.1.0+saya.0.1.0, -FLTMGKJVO",
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
                                            case FOLLOWS_NO_LINK_IN_VOLUMES -> "V";
                                            case KEEPS_OUTPUT -> "O";
                                            case STREAMS_END_WITH_WAIT -> "S";
                                            case MAY_MISS_OUT_OF_MEMORY -> "Q";
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
