package io.saya.qemu;

import io.saya.host.HostProcess;
import io.saya.host.MonitorCommand;
import io.saya.host.Placement.InheritedConnection;
import io.saya.host.Placement.InheritedFile;
import io.saya.host.ProcessExit;
import io.saya.host.SpawnSpec;
import io.saya.host.SpawnSpec.InheritedSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts processes as children of the JVM. Java cannot pass descriptors on, so QEMU is told to make
 * its sockets itself, and {@link #spawn} returns when it listens on all of them: for the caller it
 * is as if they had been inherited.
 */
public final class LocalHost extends RefusingHost implements AutoCloseable {
    private static final long LISTEN_DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private static final Pattern FILE_SET =
            Pattern.compile("fd=%fd:[^%]*%,set=([0-9]+),opaque=(.*)");

    private final List<LocalProcess> processes = new ArrayList<>();

    /** Descriptors become the paths that they were to be opened by. */
    private static List<String> words(SpawnSpec spec) {
        Map<String, String> paths = new LinkedHashMap<>();
        for (InheritedSocket socket : spec.sockets()) {
            paths.put("fd=%fd:" + socket.name() + "%", "path=" + socket.path());
        }
        for (InheritedConnection connection : spec.placement().inherited().connections()) {
            paths.put("fd=%fd:" + connection.name() + "%", "path=" + connection.path());
        }
        List<String> words = new ArrayList<>();
        for (Iterator<String> argv = spec.argv().iterator(); argv.hasNext(); ) {
            String word = argv.next();
            if (word.equals("-add-fd")) {
                Matcher set = FILE_SET.matcher(argv.next());
                if (!set.matches()) {
                    throw new AssertionError("-add-fd in another form: " + spec.argv());
                }
                paths.put("/dev/fdset/" + set.group(1), set.group(2));
                continue;
            }
            for (Map.Entry<String, String> path : paths.entrySet()) {
                word = word.replace(path.getKey(), path.getValue());
            }
            words.add(word);
        }
        return words;
    }

    @Override
    public synchronized HostProcess spawn(SpawnSpec spec) throws IOException {
        List<String> words = words(spec);
        Path output = Files.createTempFile(spec.directory(), "output", ".txt");
        ProcessBuilder builder =
                new ProcessBuilder(words)
                        .directory(spec.directory().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
        builder.environment().clear();
        builder.environment().putAll(spec.environment());
        LocalProcess process = new LocalProcess(builder.start(), output);
        processes.add(process);
        awaitListening(spec, process);
        return process;
    }

    /** Descriptors become paths here as well. */
    @Override
    public String command(MonitorCommand command) throws IOException {
        String text = command.text();
        for (InheritedFile file : command.files()) {
            text = text.replace("fd:" + file.name(), "file:" + file.path());
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(command.monitor()));
            BufferedReader answers =
                    new BufferedReader(
                            new InputStreamReader(
                                    Channels.newInputStream(channel), StandardCharsets.UTF_8));
            String _ = answers.readLine();
            String _ = ask(channel, answers, "{\"execute\": \"qmp_capabilities\"}");
            return ask(channel, answers, text);
        }
    }

    /** Events come in between. */
    private static String ask(SocketChannel channel, BufferedReader answers, String question)
            throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(question + "\n");
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        String answer = answers.readLine();
        while (answer != null && answer.contains("\"event\"")) {
            answer = answers.readLine();
        }
        if (answer == null) {
            throw new IOException("no answer to " + question);
        }
        return answer;
    }

    /** Everything that was ever started, so that a test can see that nothing is left. */
    synchronized List<LocalProcess> processes() {
        return List.copyOf(processes);
    }

    /** True if something that was started has not ended. */
    public boolean anyAlive() {
        for (LocalProcess process : processes()) {
            if (!process.exited().isDone()) {
                return true;
            }
        }
        return false;
    }

    /** Kills what a failed test has left. */
    @Override
    public synchronized void close() {
        for (LocalProcess process : processes) {
            process.process.destroyForcibly();
            var _ = process.exited().join();
        }
    }

    private static void awaitListening(SpawnSpec spec, LocalProcess process) throws IOException {
        long deadline = System.nanoTime() + LISTEN_DEADLINE_NANOS;
        for (InheritedSocket socket : spec.sockets()) {
            while (!listening(socket.path()) && process.process.isAlive()) {
                if (System.nanoTime() > deadline) {
                    throw new IOException(socket.path() + ": nobody listens");
                }
                Thread.onSpinWait();
            }
        }
    }

    private static boolean listening(Path path) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/net/unix"))) {
            // Num RefCount Protocol Flags Type St Inode Path; 00010000 is a listener.
            if (line.endsWith(" " + path) && line.contains(" 00010000 ")) {
                return true;
            }
        }
        return false;
    }

    /** A child of the JVM. */
    static final class LocalProcess implements HostProcess {
        private final Process process;
        private final Path output;
        private final CompletableFuture<ProcessExit> exited;

        LocalProcess(Process process, Path output) {
            this.process = process;
            this.output = output;
            this.exited = process.onExit().thenApply(p -> exit(p.exitValue()));
        }

        private static ProcessExit exit(int value) {
            // Java adds 128 to the number of a signal.
            return value > 128 ? new ProcessExit.Signal(value - 128) : new ProcessExit.Code(value);
        }

        @Override
        public long pid() {
            return process.pid();
        }

        @Override
        public CompletableFuture<ProcessExit> exited() {
            return exited.copy();
        }

        @Override
        public void signal(int number) {
            try {
                int _ =
                        new ProcessBuilder("/bin/kill", "-" + number, Long.toString(pid()))
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public String outputTail() {
            try {
                return Files.readString(output);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
