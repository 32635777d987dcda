package io.saya.shim.metrics;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;

/** Calls by method: how long they took, and with which codes they failed. Thread safe. */
final class CallCounts {
    /** Methods that are counted; more than any service has. */
    static final int METHODS = 64;

    /** ttrpc's codes; what is beyond counts as the one for "unknown". */
    static final int CODES = 17;

    private static final int UNKNOWN = 2;

    private final Map<String, OfMethod> methods = new ConcurrentHashMap<>();

    /** The counts of one method. */
    static final class OfMethod {
        final DurationHistogram succeeded = new DurationHistogram();
        final DurationHistogram failed = new DurationHistogram();
        final AtomicLongArray codes = new AtomicLongArray(CODES);
    }

    /**
     * A call has ended.
     *
     * @param code 0: it succeeded
     */
    void record(String method, long nanos, int code) {
        OfMethod counts = methods.get(method);
        if (counts == null) {
            if (methods.size() >= METHODS) {
                return;
            }
            counts = methods.computeIfAbsent(method, _ -> new OfMethod());
        }
        if (code == 0) {
            counts.succeeded.record(nanos);
        } else {
            counts.failed.record(nanos);
            counts.codes.incrementAndGet(code > 0 && code < CODES ? code : UNKNOWN);
        }
    }

    /** The methods that were called, by name. */
    Map<String, OfMethod> methods() {
        return new TreeMap<>(methods);
    }
}
