package io.saya.trace;

import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A place in a trace, in the words of W3C Trace Context (version 00): {@code
 * 00-TRACE-PARENT-FLAGS}.
 *
 * @param traceId 32 hexadecimal digits in lower case, not all 0
 * @param spanId 16 of them
 */
public record TraceParent(String traceId, String spanId) {
    /** Name of the pair in a call's metadata. */
    public static final String KEY = "traceparent";

    private static final int TRACE_DIGITS = 32;
    private static final int SPAN_DIGITS = 16;
    private static final int LENGTH = 2 + 1 + TRACE_DIGITS + 1 + SPAN_DIGITS + 1 + 2;

    private static final ScopedValue<TraceParent> CURRENT = ScopedValue.newInstance();

    /** A place in a new trace. */
    public static TraceParent begun() {
        return new TraceParent(digits() + digits(), digits());
    }

    /** A place below this one. */
    public TraceParent child() {
        return new TraceParent(traceId, digits());
    }

    /** Never all 0, which means none. */
    private static String digits() {
        return "%016x".formatted(ThreadLocalRandom.current().nextLong() | 1);
    }

    /** Reads what a caller sent; empty for what is no context, or one that is not to be traced. */
    public static Optional<TraceParent> parse(String text) {
        if (text.length() != LENGTH || !text.startsWith("00-")) {
            return Optional.empty();
        }
        String[] parts = text.split("-", -1);
        boolean valid =
                parts.length == 4
                        && isId(parts[1], TRACE_DIGITS)
                        && isId(parts[2], SPAN_DIGITS)
                        && isHex(parts[3]);
        return valid && (Integer.parseInt(parts[3], 16) & 1) == 1
                ? Optional.of(new TraceParent(parts[1], parts[2]))
                : Optional.empty();
    }

    private static boolean isId(String text, int digits) {
        return text.length() == digits && isHex(text) && !text.equals("0".repeat(digits));
    }

    private static boolean isHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    /** As it travels. */
    public String text() {
        return "00-" + traceId + "-" + spanId + "-01";
    }

    /** The place of the thread's work; empty in a daemon that does not trace. */
    public static Optional<TraceParent> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    /** Does something at this place. */
    public <R, X extends Throwable> R call(ScopedValue.CallableOp<? extends R, X> work) throws X {
        return ScopedValue.where(CURRENT, this).call(work);
    }

    /** The work for another thread, at the place of this one. */
    public static Runnable here(Runnable work) {
        Optional<TraceParent> place = current();
        if (place.isEmpty()) {
            return work;
        }
        return () -> ScopedValue.where(CURRENT, place.get()).run(work);
    }
}
