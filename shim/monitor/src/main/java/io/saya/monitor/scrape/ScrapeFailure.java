package io.saya.monitor.scrape;

import java.io.IOException;

/** A sandbox that gave no metrics. Costs this sandbox's lines of this scrape, and nothing else. */
public final class ScrapeFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final FailureReason reason;

    /** A failure with what was tried and what came of it. */
    public ScrapeFailure(FailureReason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** Returns the kind of this failure. */
    public FailureReason reason() {
        return reason;
    }
}
