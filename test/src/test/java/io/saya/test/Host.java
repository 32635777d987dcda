package io.saya.test;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the host has of a sandbox: processes, mounts, the socket, directories, cgroups. */
public final class Host {
    /** How the launcher's programs in a pod's network namespace begin: links and ports. */
    private static final String HELPER = "/proc/self/exe -id ";

    /** Begins the name of a VM that a sandbox makes a template of. */
    private static final String TEMPLATE_OF = "template-of-";

    private static final Duration ADDRESS_LIMIT = Duration.ofSeconds(60);

    private static final Duration PROCESS_LIMIT = Duration.ofSeconds(20);
    private static final Path SOCKETS = Path.of("/run/containerd/s");

    private Host() {}

    /**
     * The socket of a sandbox's shim, as containerd's own library names it. Its name is a hash, so
     * that it bears no id by which {@link #traces} could find it.
     *
     * @param containerd the address of the containerd that has started the shim
     * @param namespace the one of containerd that the sandbox is in
     */
    public static Path shimSocket(String containerd, String namespace, String sandbox) {
        var name = containerd + "/" + namespace + "/" + sandbox;
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8));
            return SOCKETS.resolve(HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Reads a shim's socket from the file that the shim wrote, for as long as the bundle is there.
     * The shim writes it at the end of its start, when its daemon may serve and boot a VM already:
     * waits for the file.
     */
    public static Path writtenSocket(Path bundle) {
        var file = bundle.resolve("address");
        if (!Wait.until(ADDRESS_LIMIT, () -> Files.exists(file))) {
            throw new AssertionError("the shim has not written " + file);
        }
        try {
            return Path.of(Files.readString(file).strip().replaceFirst("^unix://", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@link #traces(String)} of one sandbox, its shim's socket among them. */
    public static SortedSet<String> traces(String id, Path socket) {
        var traces = traces(id);
        if (Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            traces.add("socket " + socket);
        }
        return traces;
    }

    /**
     * Processes that have {@code program} in their command and {@code id} among their arguments.
     * Zombies have no arguments any more and do not count: they have ended.
     */
    public static List<Long> processes(String program, String id) {
        var found = new ArrayList<Long>();
        for (Path entry : list(Path.of("/proc"))) {
            if (!Character.isDigit(entry.getFileName().toString().charAt(0))) {
                continue;
            }
            var arguments = read(entry.resolve("cmdline")).split("\0", -1);
            var words = String.join(" ", arguments);
            // A VM that becomes a template is not the sandbox's that makes it.
            var another = words.contains(TEMPLATE_OF + id);
            if (arguments[0].contains(program) && words.contains(id) && !another) {
                found.add(Long.parseLong(entry.getFileName().toString()));
            }
        }
        return found;
    }

    /**
     * The one process that {@link #processes} finds. The guard has a child of its name for a
     * moment, for each look at a network namespace, so it is looked for until there is one.
     */
    public static long process(String program, String id) {
        var found = new AtomicReference<List<Long>>(List.of());
        Wait.until(
                PROCESS_LIMIT,
                () -> {
                    found.set(processes(program, id));
                    return found.get().size() == 1;
                });
        if (found.get().size() != 1) {
            throw new AssertionError(program + " of " + id + ", of which there is one: " + found);
        }
        return found.get().getFirst();
    }

    /** True if a process other than this one has the file open. */
    public static boolean isOpenElsewhere(Path file) {
        var self = Long.toString(ProcessHandle.current().pid());
        for (Path process : list(Path.of("/proc"))) {
            var name = process.getFileName().toString();
            if (!Character.isDigit(name.charAt(0)) || name.equals(self)) {
                continue;
            }
            if (has(process, file)) {
                return true;
            }
        }
        return false;
    }

    private static boolean has(Path process, Path file) {
        try (var descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.readSymbolicLink(descriptor).equals(file)) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return false; // the process has ended, or has closed it
        }
        return false;
    }

    /** True if the VM of this sandbox runs without KVM. */
    public static boolean emulated(String sandbox) {
        for (var pid : processes("qemu-system", sandbox)) {
            if (read(Path.of("/proc/" + pid + "/cmdline")).contains("\0-accel\0tcg")) {
                return true;
            }
        }
        return false;
    }

    /**
     * What names {@code text}, or has it in its content where that is a list: one line for each
     * thing.
     */
    public static SortedSet<String> traces(String text) {
        var traces = new TreeSet<String>();
        for (var pid : processes("", text)) {
            var arguments = read(Path.of("/proc/" + pid + "/cmdline")).replace('\0', ' ');
            // Clients of the tests have the names of their containers among their arguments as
            // well.
            if (arguments.contains("qemu-system")
                    || arguments.contains("virtiofsd")
                    || arguments.contains("saya")
                    || arguments.startsWith(HELPER)) {
                traces.add("process " + pid + ": " + arguments);
            }
        }
        read(Path.of("/proc/self/mountinfo"))
                .lines()
                .filter(line -> line.contains(text))
                .forEach(line -> traces.add("mount " + line));
        for (var directory : List.of("/run/saya", "/run/netns")) {
            for (var entry : list(Path.of(directory))) {
                if (entry.toString().contains(text)) {
                    traces.add("file " + entry);
                }
            }
        }
        traces.addAll(cgroups(text));
        return traces;
    }

    /** Cgroups that have {@code text} in their name. */
    private static List<String> cgroups(String text) {
        var found = new ArrayList<String>();
        try {
            Files.walkFileTree(
                    Path.of("/sys/fs/cgroup"),
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(
                                Path directory, BasicFileAttributes attributes) {
                            if (String.valueOf(directory.getFileName()).contains(text)) {
                                found.add("cgroup " + directory);
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException e) {
                            return FileVisitResult.CONTINUE; // gone meanwhile
                        }

                        @Override
                        public FileVisitResult postVisitDirectory(
                                Path directory, @Nullable IOException e) {
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    /** Sends SIGKILL to a process. */
    public static void kill(long pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }

    /** Sends a signal, given by its name without SIG, to a process that may have gone. */
    public static void signal(long pid, String name) {
        Ran.run(java.time.Duration.ofSeconds(10), "kill", "-" + name, Long.toString(pid));
    }

    /** What is in a directory; nothing if there is none. */
    public static List<Path> list(Path directory) {
        var entries = new ArrayList<Path>();
        try (var stream = Files.newDirectoryStream(directory)) {
            stream.forEach(entries::add);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DirectoryIteratorException e) {
            throw new UncheckedIOException(e.getCause());
        }
        return entries;
    }

    /** The content of a file of /proc, empty if what it describes has gone. */
    private static String read(Path file) {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}
