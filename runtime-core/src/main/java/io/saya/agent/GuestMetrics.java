package io.saya.agent;

/**
 * What an agent answered when it was asked for metrics: the text of a stranger.
 *
 * @param text Prometheus' text format if the guest is honest; anything else if it is not
 * @param tooLong whether the answer was longer than {@link #LONGEST_ANSWER} and was thrown away
 */
public record GuestMetrics(String text, boolean tooLong) {
    /** In bytes, on the wire; those of a guest with 256 processors are some 160 KiB. */
    public static final int LONGEST_ANSWER = 512 << 10;
}
