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
 * @param startNanos since 1970
 * @param endNanos since 1970
 * @param attributes names and values
 * @param error what it failed with; empty: it did not
 */
record Span(
        TraceParent place,
        String parentId,
        String name,
        boolean server,
        long startNanos,
        long endNanos,
        List<Map.Entry<String, String>> attributes,
        String error) {

    Span {
        attributes = List.copyOf(attributes);
    }
}
