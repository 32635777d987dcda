package io.saya.sandbox;

/**
 * When the steps of a sandbox's stop were over, as {@link System#nanoTime} tells it.
 *
 * @param guestEndedNanos the guest's containers have ended and its files are written, or it was
 *     given up
 * @param vmEndedNanos QEMU and virtiofsd are reaped
 */
public record StopTimes(long begunNanos, long guestEndedNanos, long vmEndedNanos) {}
