package io.saya.shim.metrics;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** What guests told and nobody will see, by reason. Thread safe. */
final class DropCounts {
    // Filled once.
    private final Map<DropReason, AtomicLong> counts = new EnumMap<>(DropReason.class);

    DropCounts() {
        for (DropReason reason : DropReason.values()) {
            counts.put(reason, new AtomicLong());
        }
    }

    void add(DropReason reason) {
        count(reason).incrementAndGet();
    }

    long of(DropReason reason) {
        return count(reason).get();
    }

    private AtomicLong count(DropReason reason) {
        return Objects.requireNonNull(counts.get(reason));
    }
}
