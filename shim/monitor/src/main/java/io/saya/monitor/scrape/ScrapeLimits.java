package io.saya.monitor.scrape;

import java.time.Duration;

/**
 * Bounds of a round: a sandbox's daemon, and above all its guest, may answer anything.
 *
 * @param sandbox time for one sandbox. A daemon waits up to 5 s for a guest that does not answer
 * @param round time for all; Prometheus waits 10 s unless it is told otherwise
 * @param parallel sandboxes that are asked at once
 * @param bytes of one sandbox's answer
 * @param series of one sandbox
 * @param roundText characters of all different series of a round
 * @param roundSeries of all sandboxes of a round
 */
public record ScrapeLimits(
        Duration sandbox,
        Duration round,
        int parallel,
        int bytes,
        int series,
        long roundText,
        int roundSeries) {

    /** What {@code saya monitor} goes by. */
    public static final ScrapeLimits DEFAULT =
            new ScrapeLimits(
                    Duration.ofSeconds(8),
                    Duration.ofSeconds(9),
                    16,
                    512 * 1024,
                    10_000,
                    8 * 1024 * 1024,
                    500_000);

    /** Returns these limits with another time for a round; a sandbox gets at most that. */
    public ScrapeLimits within(Duration limit) {
        Duration one = sandbox.compareTo(limit) < 0 ? sandbox : limit;
        return new ScrapeLimits(one, limit, parallel, bytes, series, roundText, roundSeries);
    }
}
