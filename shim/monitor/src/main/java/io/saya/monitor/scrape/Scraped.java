package io.saya.monitor.scrape;

import io.saya.monitor.node.MonitoredSandbox;
import io.saya.monitor.text.Exposition;
import java.time.Duration;
import java.time.Instant;

/** What came of asking one sandbox. */
public sealed interface Scraped {

    /** The sandbox that was asked. */
    MonitoredSandbox sandbox();

    /** When the answer, or the failure, was there. */
    Instant at();

    /**
     * It answered.
     *
     * @param took from the connection to the answer's last byte
     */
    record Answered(MonitoredSandbox sandbox, Instant at, Duration took, Exposition exposition)
            implements Scraped {}

    /** It did not. */
    record Failed(MonitoredSandbox sandbox, Instant at, FailureReason reason, String message)
            implements Scraped {}

    /** Its guest boots: its daemon does not listen yet. */
    record Booting(MonitoredSandbox sandbox, Instant at) implements Scraped {}
}
