package io.saya.shim.log;

import java.util.concurrent.atomic.AtomicLong;

/** Lines that were not written, for one reason, since this was last told. Thread safe. */
final class LossCount {
    private final String reason;
    private final AtomicLong count = new AtomicLong();

    /**
     * @param reason key of the field under which the count is logged
     */
    LossCount(String reason) {
        this.reason = reason;
    }

    String reason() {
        return reason;
    }

    void add(long lines) {
        count.addAndGet(lines);
    }

    /** The count so far; it starts at 0 again. */
    long take() {
        return count.getAndSet(0);
    }
}
