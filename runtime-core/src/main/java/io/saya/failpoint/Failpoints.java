package io.saya.failpoint;

import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Makes the daemon wait or fail at a {@link Moment}, for the fault suite. Off unless the system
 * property {@value #PROPERTY} names a directory, which only whoever starts containerd can set
 * ({@code SAYA_JAVA_OPTIONS}): neither the configuration file nor a pod reaches it. Off, a call is
 * the test of a constant.
 *
 * <p>The directory has one directory for each sandbox, named by its id; in it a file named by the
 * moment says what to do: {@code pause} waits until the file is gone, {@code fail} throws; {@code
 * pause 3} and {@code fail 3} do so after three of the moment's steps. A file {@code
 * MOMENT.reached} tells that the daemon has come there.
 */
public final class Failpoints {

    /** The system property that names the directory. */
    public static final String PROPERTY = "saya.failpoints";

    private static final Log LOG = Log.of("failpoint");
    private static final @Nullable String DIRECTORY = System.getProperty(PROPERTY);
    private static final boolean ON = DIRECTORY != null;

    /** The longest pause: a test that has gone away must not leave a daemon behind. */
    private static final Duration PAUSE_LIMIT = Duration.ofSeconds(60);

    private static final Duration LOOK = Duration.ofMillis(10);

    private static volatile @Nullable Path directory;

    private Failpoints() {}

    /** Names the sandbox of this daemon; without effect when off. To be called once, first. */
    public static void sandbox(String id) {
        if (ON) {
            directory = Path.of(DIRECTORY, id);
        }
    }

    /**
     * Waits or fails where the test says so for {@code moment}, to which the calling thread has
     * come. Blocks for a minute at most.
     *
     * @throws RuntimeFailure INTERNAL, where the test says so
     */
    public static void reach(Moment moment) {
        if (ON) {
            act(directory, moment);
        }
    }

    /** How many of a moment's steps come before {@link #reach}; 0 when off. */
    public static int stepsBefore(Moment moment) {
        return ON ? steps(directory, moment) : 0;
    }

    static int steps(@Nullable Path directory, Moment moment) {
        if (directory == null) {
            return 0;
        }
        try {
            String[] words =
                    Files.readString(directory.resolve(moment.file())).strip().split(" ", 2);
            return words.length > 1 ? Integer.parseInt(words[1]) : 0;
        } catch (IOException e) {
            return 0; // nothing is to happen
        }
    }

    static void act(@Nullable Path directory, Moment moment) {
        if (directory == null) {
            return;
        }
        Path file = directory.resolve(moment.file());
        try {
            if (!Files.exists(file)) {
                return;
            }
            String action = Files.readString(file).strip().replaceFirst(" .*", "");
            LOG.warn("failpoint", "moment", moment, "action", action);
            Files.writeString(directory.resolve(moment.file() + ".reached"), "");
            switch (action) {
                case "pause" -> awaitRemoval(file);
                case "fail" -> throw RuntimeFailure.internal("failpoint " + moment.file(), null);
                default ->
                        throw RuntimeFailure.internal(
                                file + ": \"" + action + "\" (expected: pause or fail)", null);
            }
        } catch (IOException e) {
            LOG.warn("failpoint cannot be read", "file", file, "error", e);
        }
    }

    private static void awaitRemoval(Path file) {
        long deadline = System.nanoTime() + PAUSE_LIMIT.toNanos();
        while (Files.exists(file) && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }
}
