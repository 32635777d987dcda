package io.saya.shim.trace;

import io.saya.trace.TraceParent;
import java.util.List;
import java.util.Map;

/**
 * Something that took its time.
 *
 * @param place its trace and its own id
 * @param parentId id of the span around it; empty: it is the trace's first
 * @param server whether it answers somebody else's call
 * @param time when it began and ended
 * @param attributes names and values
 * @param error what it failed with; empty: it did not
 */
record Span(
        TraceParent place,
        String parentId,
        String name,
        boolean server,
        Time time,
        List<Map.Entry<String, String>> attributes,
        String error) {

    Span {
        attributes = List.copyOf(attributes);
    }

    /** From when to when, in nanoseconds since 1970. */
    record Time(long startNanos, long endNanos) {}

    /** A part of what the daemon does by itself; it has succeeded. */
    static Span inner(TraceParent place, String parentId, String name, Time time) {
        return new Span(place, parentId, name, false, time, List.of(), "");
    }
}
