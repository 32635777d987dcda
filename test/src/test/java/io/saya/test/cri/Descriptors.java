package io.saya.test.cri;

import io.saya.test.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What a process has open: how many of each kind, such as {@code socket}, {@code pipe}, {@code
 * anon_inode:[eventpoll]}; files by their paths.
 */
record Descriptors(SortedMap<String, Integer> kinds) {
    private static final Duration SETTLE = Duration.ofSeconds(20);

    /** Looks, 20 ms apart, after which nothing changes any more by itself. */
    private static final int SETTLED_LOOKS = 25;

    /** Reads the descriptors that a process has now. */
    static Descriptors of(long pid) {
        var kinds = new TreeMap<String, Integer>();
        try (var entries = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (var entry : entries) {
                try {
                    // "socket:[4711]"; the number is another one each time.
                    var target = Files.readSymbolicLink(entry).toString();
                    kinds.merge(target.replaceFirst(":\\[\\d+]$", ""), 1, Integer::sum);
                } catch (IOException _) {
                    // Closed meanwhile.
                }
            }
        } catch (IOException _) {
            // The process has ended, and has nothing open.
        }
        return new Descriptors(kinds);
    }

    /**
     * Reads the descriptors of a process that has just finished something, once their number is
     * steady.
     */
    static Descriptors settled(long pid) {
        var last = new AtomicReference<>(of(pid));
        var same = new AtomicInteger();
        Wait.until(
                SETTLE,
                () -> {
                    var now = of(pid);
                    var steady = now.equals(last.getAndSet(now));
                    return (steady ? same.incrementAndGet() : same.getAndSet(0)) >= SETTLED_LOOKS;
                });
        return last.get();
    }
}
