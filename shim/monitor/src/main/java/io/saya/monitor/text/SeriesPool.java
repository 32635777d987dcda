package io.saya.monitor.text;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the sandboxes of one round have in common: the names and labels of their series, each kept
 * once. 250 sandboxes say much the same, with other values. Also the round's bound of memory.
 * Thread safe.
 */
public final class SeriesPool {
    /** Of text that no other sandbox has: a sandbox alone cannot fill the pool. */
    static final int MAX_OWN_TEXT = 512 * 1024;

    private final Map<String, String> texts = new ConcurrentHashMap<>();
    private final AtomicLong room;
    private final AtomicInteger places;

    /**
     * An empty pool.
     *
     * @param maxText characters of all different series together
     * @param maxSeries of all sandboxes together
     */
    public SeriesPool(long maxText, int maxSeries) {
        room = new AtomicLong(maxText);
        places = new AtomicInteger(maxSeries);
    }

    /** What one sandbox takes of the pool. Used by one thread. */
    final class Share {
        private int ownText = MAX_OWN_TEXT;

        /** The one copy of a series' text, null if there is no room for it. */
        @Nullable String series(String text) {
            return places.getAndDecrement() > 0 ? shared(text) : null;
        }

        /** The one copy of another text, null if there is no room for it. */
        @Nullable String shared(String text) {
            String known = texts.get(text);
            if (known != null) {
                return known;
            }
            ownText -= text.length();
            if (ownText < 0 || room.addAndGet(-text.length()) < 0) {
                return null;
            }
            String before = texts.putIfAbsent(text, text);
            return before == null ? text : before;
        }
    }

    Share share() {
        return new Share();
    }
}
