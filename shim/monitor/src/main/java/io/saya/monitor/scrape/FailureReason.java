package io.saya.monitor.scrape;

import java.util.Locale;

/** Why a sandbox could not be scraped; the values of label {@code reason}. */
public enum FailureReason {
    /** Nobody listens on its socket: its daemon is gone, and its directory was left. */
    UNREACHABLE,
    /** It did not answer in time. */
    TIMEOUT,
    /** Its answer is longer than one sandbox may send. */
    TOO_LARGE,
    /** It answered, but not with metrics: another status, no HTTP, no text. */
    BAD_ANSWER;

    /** The label's value. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
