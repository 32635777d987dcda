package io.saya.qemu;

import org.jspecify.annotations.Nullable;

/**
 * What a guest's kernel is told about the processor's time stamp counter (TSC). Each text is empty
 * or begins with a blank.
 */
final class GuestClock {

    /**
     * Set by the launcher: kHz of the host's TSC; absent where the host does not keep time by it.
     */
    static final String TSC_KHZ_VARIABLE = "SAYA_TSC_KHZ";

    /** With KVM the hypervisor tells the guest the frequency, and nothing has to be measured. */
    static final String KVM = " tsc=reliable";

    /** Outside of these the number is none of a processor's. */
    private static final int MIN_KHZ = 100_000;

    private static final int MAX_KHZ = 20_000_000;

    private GuestClock() {}

    /**
     * For a guest under TCG, which has the host's TSC. Left to itself the kernel measures the
     * frequency, and on a busy host was seen to be wrong by factors of 4 and 15. It must not be
     * told to rely on that: without {@code tsc=reliable} it notices, and goes on with a slower
     * clock.
     *
     * @param khz value of {@link #TSC_KHZ_VARIABLE}
     */
    static String tcg(@Nullable String khz) {
        if (khz == null) {
            return "";
        }
        int frequency;
        try {
            frequency = Integer.parseInt(khz);
        } catch (NumberFormatException e) {
            return "";
        }
        return frequency < MIN_KHZ || frequency > MAX_KHZ
                ? ""
                : " tsc_early_khz=" + frequency + " tsc=reliable";
    }
}
