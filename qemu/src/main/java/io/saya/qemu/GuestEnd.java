package io.saya.qemu;

import io.saya.qemu.qmp.QmpEvent;

/** Why a VM ended, learned from QEMU's events. Thread safe. */
final class GuestEnd {
    private static final String PANIC = "guest-panic";

    private volatile String reason = "";

    /** Takes note of an event. */
    void note(QmpEvent event) {
        switch (event.name()) {
            case "GUEST_PANICKED" -> reason = PANIC;
            case "SHUTDOWN" -> {
                String told = event.data().string("reason").orElse("");
                // A panic is followed by the shutdown that it causes; the first cause stays.
                if (reason.isEmpty() && isWord(told)) {
                    reason = told;
                }
            }
            default -> {
                // Other events do not tell of an end.
            }
        }
    }

    /** Takes note of what was found out in another way. */
    void note(String found) {
        if (reason.isEmpty()) {
            reason = found;
        }
    }

    /** QEMU's word for the reason ({@code ShutdownCause}); empty if none is known. */
    String reason() {
        return reason;
    }

    private static boolean isWord(String text) {
        if (text.isEmpty() || text.length() > 40) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '-' && (c < 'a' || c > 'z')) {
                return false;
            }
        }
        return true;
    }
}
