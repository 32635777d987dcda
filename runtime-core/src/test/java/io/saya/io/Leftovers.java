package io.saya.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What streams could leave behind in this process: descriptors of FIFOs and files, threads. */
final class Leftovers {
    private static final long LIMIT_MILLIS = 10_000;

    private Leftovers() {}

    /** Fails if anything below {@code directory} is still open or a thread of ours still lives. */
    static void assertNone(Path directory) throws Exception {
        List<String> found = all(directory);
        long end = System.currentTimeMillis() + LIMIT_MILLIS;
        // Threads linger for a moment in case there is more to do.
        while (!found.isEmpty() && System.currentTimeMillis() < end) {
            Thread.sleep(20);
            found = all(directory);
        }
        assertThat(found).isEmpty();
    }

    /** Descriptors alone: these are gone the moment close has returned. */
    static List<String> descriptors(Path directory) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                try {
                    String target = Files.readSymbolicLink(descriptor).toString();
                    if (target.startsWith(directory.toString())) {
                        found.add(descriptor + " " + target);
                    }
                } catch (IOException e) {
                    // The descriptor of the listing itself, or one that was closed meanwhile.
                }
            }
        }
        return found;
    }

    static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("stdio-"))
                .toList();
    }

    private static List<String> all(Path directory) throws IOException {
        List<String> found = descriptors(directory);
        found.addAll(threads());
        return found;
    }
}
