package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.json.JsonObject;
import io.saya.qemu.qmp.QmpEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestEndTest {
    private final GuestEnd end = new GuestEnd();

    @Test
    void aShutdownTellsItsReason() {
        end.note(new QmpEvent("RTC_CHANGE", JsonObject.EMPTY));
        assertThat(end.reason()).isEmpty();
        end.note(shutdown("guest-reset"));
        assertThat(end.reason()).isEqualTo("guest-reset");
    }

    @Test
    void aPanicIsTheReasonOfTheShutdownThatFollows() {
        end.note(new QmpEvent("GUEST_PANICKED", JsonObject.EMPTY));
        end.note(shutdown("guest-shutdown"));
        end.note("internal-error");
        assertThat(end.reason()).isEqualTo("guest-panic");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no words",
                "line\nbreak",
                "GUEST",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            })
    void aReasonThatIsNoWordIsNotRepeated(String reason) {
        end.note(shutdown(reason));
        assertThat(end.reason()).isEmpty();
    }

    private static QmpEvent shutdown(String reason) {
        return new QmpEvent("SHUTDOWN", JsonObject.builder().put("reason", reason).build());
    }
}
