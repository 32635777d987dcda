package io.saya.cgroup;

import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * The sandbox's cgroup in one hierarchy.
 *
 * @param missing ancestors that were not there when that was looked for, topmost first
 */
record CgroupDirectory(Hierarchy hierarchy, Path path, List<Path> missing) {
    private static final String PROCESSES = "cgroup.procs";

    /**
     * How often a directory is made: another program that uses an ancestor may remove the ancestor
     * between two steps.
     */
    private static final int MAKE_ATTEMPTS = 3;

    private static final Duration EMPTY_PAUSE = Duration.ofMillis(5);

    /** Makes the directory. One that is there was left by a sandbox of the same name. */
    void make() throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                for (Path parent : missing) {
                    make(parent);
                }
                make(path);
                return;
            } catch (NoSuchFileException e) {
                if (attempt == MAKE_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private void make(Path directory) throws IOException {
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
        if (hierarchy.has("cpuset")) {
            // No process can be where there is no processor and no memory (cpuset(7)).
            inherit(directory, "cpuset.cpus");
            inherit(directory, "cpuset.mems");
        }
    }

    private static void inherit(Path directory, String file) throws IOException {
        if (text(directory.resolve(file)).isBlank()) {
            write(directory.resolve(file), text(parent(directory).resolve(file)).strip());
        }
    }

    /** Moves a process into the cgroup. */
    void enter(long pid) throws IOException {
        move(pid, path);
    }

    /** Moves a process to where this one was at first, or to the top if that is gone. */
    void leave(long pid) throws IOException {
        try {
            move(pid, hierarchy.home());
        } catch (IOException _) {
            // The service that started us may have been started anew, elsewhere.
            move(pid, hierarchy.mount());
        }
    }

    private static void move(long pid, Path directory) throws IOException {
        write(directory.resolve(PROCESSES), Long.toString(pid));
    }

    /**
     * Removes the directory and the ancestors that were missing, as far as no other process is in
     * them.
     *
     * @param deadline of {@link System#nanoTime}: until when it may still have processes
     */
    void remove(long deadline) throws IOException {
        removeEmptied(deadline);
        for (int i = missing.size(); i-- > 0; ) {
            if (!removed(missing.get(i))) {
                return;
            }
        }
    }

    private void removeEmptied(long deadline) throws IOException {
        while (true) {
            try {
                Files.deleteIfExists(path);
                return;
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
            if (!Waited.pause(EMPTY_PAUSE)) {
                throw new IOException("interrupted while " + path + " is removed");
            }
        }
    }

    private static boolean removed(Path directory) {
        try {
            Files.deleteIfExists(directory);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /**
     * Returns how many processes the kernel has killed for want of memory: v1 counts in the
     * victim's own cgroup, v2 in the nearest one that has the controller and in all above, so in
     * the parent's if not here.
     */
    long killed() {
        String file = hierarchy.unified() ? "memory.events" : "memory.oom_control";
        String events = text(path.resolve(file));
        if (events.isEmpty()) {
            events = text(parent(path).resolve(file));
        }
        for (String line : events.split("\n", -1)) {
            if (line.startsWith("oom_kill ")) {
                return Long.parseLong(line.substring(9).strip());
            }
        }
        return 0;
    }

    /** Returns why a file operation failed, without the path. */
    static String cause(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "something else is there";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof FileSystemException failure && failure.getReason() != null) {
            return failure.getReason();
        }
        return String.valueOf(e.getMessage());
    }

    private static void write(Path file, String value) throws IOException {
        Files.write(file, value.getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
    }

    /** Empty if it cannot be read. */
    static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.US_ASCII);
        } catch (IOException _) {
            return "";
        }
    }

    private static Path parent(Path directory) {
        return Objects.requireNonNull(directory.getParent());
    }
}
