package io.saya.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
    private static final String TEXT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    @Test
    void whatTravelsIsReadAsItWasWritten() {
        assertThat(TraceParent.parse(TEXT).orElseThrow().text()).isEqualTo(TEXT);
        TraceParent begun = TraceParent.begun();
        assertThat(TraceParent.parse(begun.text())).contains(begun);
        assertThat(begun.child().traceId()).isEqualTo(begun.traceId());
        assertThat(begun.child().spanId()).isNotEqualTo(begun.spanId());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-xx",
                "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
            })
    void whatIsNoContextOrIsNotToBeTracedIsNone(String text) {
        assertThat(TraceParent.parse(text)).isEmpty();
    }

    @Test
    void thePlaceIsTheThreadsAndGoesAlongWhereItIsTaken() throws Exception {
        TraceParent place = TraceParent.begun();
        assertThat(TraceParent.current()).isEmpty();
        CompletableFuture<Optional<TraceParent>> elsewhere = new CompletableFuture<>();
        CompletableFuture<Optional<TraceParent>> left = new CompletableFuture<>();
        place.call(
                () -> {
                    assertThat(TraceParent.current()).contains(place);
                    Thread.ofVirtual()
                            .start(
                                    TraceParent.here(
                                            () -> elsewhere.complete(TraceParent.current())));
                    Thread.ofVirtual().start(() -> left.complete(TraceParent.current()));
                    return "";
                });
        assertThat(elsewhere.get()).contains(place);
        assertThat(left.get()).isEmpty();
    }
}
