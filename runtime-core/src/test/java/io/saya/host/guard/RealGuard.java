package io.saya.host.guard;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The guard as it is shipped, built by make, with this JVM in the place of its daemon: what it
 * starts as "java" only passes bytes between the guard's pipes and two FIFOs.
 */
public final class RealGuard implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Path LAUNCHER_SOURCE =
            Path.of("../packaging/launcher").toAbsolutePath().normalize();
    private static final Path OUT = Path.of("target/launcher").toAbsolutePath();

    private final Path directory;
    private final Path bundle;
    private final Process start;
    private final OutputStream toGuard;
    private final GuardHost host;

    /** Whether this machine can build the guard, and this user be its daemon. */
    public static boolean available() {
        return Files.isExecutable(Path.of("/usr/bin/cc"))
                && Files.exists(Path.of("/usr/include/jansson.h"))
                && Files.exists(Path.of("/usr/include/nettle/sha2.h"))
                && "root".equals(System.getProperty("user.name"));
    }

    static Path program() throws IOException, InterruptedException {
        Process make =
                new ProcessBuilder("make", "-s", "-C", LAUNCHER_SOURCE.toString(), "OUT=" + OUT)
                        .inheritIO()
                        .start();
        if (make.waitFor() != 0) {
            throw new IOException("make -C " + LAUNCHER_SOURCE + ": exit code " + make.exitValue());
        }
        return OUT.resolve("containerd-shim-saya-v2");
    }

    public RealGuard(Path directory) throws IOException, InterruptedException {
        this(directory, new byte[0]);
    }

    /** Starts a sandbox of its own in the directory, with this on the stdin of {@code start}. */
    RealGuard(Path directory, byte[] stdin) throws IOException, InterruptedException {
        this.directory = directory;
        bundle = Files.createDirectories(directory.resolve("bundle"));
        Path java = directory.resolve("java-home/bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(
                java,
                """
                #!/bin/sh
                exec 4<&0
                cat <&4 >"$SAYA_TEST/from-guard" &
                exec cat "$SAYA_TEST/to-guard"
                """);
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
        Path fromGuard = fifo("from-guard");
        Path toGuardPath = fifo("to-guard");

        String id = "guard-test-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        ProcessBuilder builder =
                new ProcessBuilder(
                        program().toString(),
                        "-namespace",
                        "saya-test",
                        "-address",
                        directory.resolve("containerd.sock").toString(),
                        "-publish-binary",
                        "/bin/true",
                        "-id",
                        id,
                        "start");
        builder.directory(bundle.toFile()).redirectErrorStream(true);
        builder.environment().put("SAYA_TEST", directory.toString());
        builder.environment().put("SAYA_JAVA_HOME", directory.resolve("java-home").toString());
        builder.environment().put("SAYA_CLASSPATH", "none");
        builder.environment().put("SAYA_RUN_DIR", directory.resolve("r").toString());
        start = builder.start();
        try (OutputStream out = start.getOutputStream()) {
            out.write(stdin);
        }
        InputStream in = Files.newInputStream(fromGuard);
        toGuard = Files.newOutputStream(toGuardPath);
        host = new GuardHost(in, toGuard);
    }

    private Path fifo(String name) throws IOException, InterruptedException {
        Path path = directory.resolve(name);
        int code = new ProcessBuilder("mkfifo", path.toString()).start().waitFor();
        if (code != 0) {
            throw new IOException("mkfifo " + path + ": exit code " + code);
        }
        return path;
    }

    public GuardHost host() {
        return host;
    }

    Path bundle() {
        return bundle;
    }

    /** What {@code start} has printed when it has ended, which it must within ten seconds. */
    String startOutput() throws IOException, InterruptedException {
        if (!start.waitFor(10, TimeUnit.SECONDS)) {
            throw new IOException("start still runs after 10 s");
        }
        return new String(start.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    int startExitCode() {
        return start.exitValue();
    }

    /** The "daemon" ends, with exit code 0; returns when the guard has undone everything. */
    @Override
    public void close() throws IOException {
        toGuard.close();
        Path runDirectory = Path.of(host.start().runDirectory());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (Files.exists(runDirectory)) {
            if (System.nanoTime() > deadline) {
                throw new IOException(runDirectory + ": still there 20 s after the daemon's end");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }
}
