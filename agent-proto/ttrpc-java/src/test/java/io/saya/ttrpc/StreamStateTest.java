package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamStateTest {
    /** Every state against everything that may happen to it. */
    @ParameterizedTest
    @CsvSource({
        "OPEN,          LOCAL_CLOSED, REMOTE_CLOSED, true,  true",
        "LOCAL_CLOSED,  LOCAL_CLOSED, CLOSED,        true,  false",
        "REMOTE_CLOSED, CLOSED,       REMOTE_CLOSED, false, true",
        "CLOSED,        CLOSED,       CLOSED,        false, false",
    })
    void eachStateHasOneFollowerForEachEvent(
            StreamState state,
            StreamState afterLocalClose,
            StreamState afterRemoteClose,
            boolean peerMaySend,
            boolean thisSideMaySend) {
        assertThat(state.localClosed()).isEqualTo(afterLocalClose);
        assertThat(state.remoteClosed()).isEqualTo(afterRemoteClose);
        assertThat(state.peerMaySend()).isEqualTo(peerMaySend);
        assertThat(state.thisSideMaySend()).isEqualTo(thisSideMaySend);
    }
}
