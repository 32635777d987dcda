package io.saya.cli.host;

import io.saya.host.HookCommand;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.MonitorCommand;
import io.saya.host.MountFlag;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.host.SpawnSpec;
import io.saya.host.StandInSpec;
import io.saya.host.UnmountFlag;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Starts plain processes for the command, which has no guard. It neither mounts nor hands
 * descriptors over: what needs that is done by a real daemon. Thread safe.
 */
public final class LocalHost implements Host {
    private static final int TAIL_BYTES = 16 * 1024;

    @Override
    public void mount(String source, Path target, String type, Set<MountFlag> flags, String data)
            throws IOException {
        throw new IOException("the command does not mount " + target);
    }

    @Override
    public void unmount(Path target, Set<UnmountFlag> flags) throws IOException {
        throw new IOException("the command does not unmount " + target);
    }

    @Override
    public byte[] netlink(Path namespace, byte[] messages) throws IOException {
        throw new IOException("the command does not enter " + namespace);
    }

    @Override
    public HostProcess hook(HookCommand command) throws IOException {
        throw new IOException("the command has no containers: " + command.program());
    }

    @Override
    public HostProcess standIn(StandInSpec spec) throws IOException {
        throw new IOException("the command has no containers: " + spec.title());
    }

    @Override
    public String command(MonitorCommand command) throws IOException {
        throw new IOException("the command hands nothing over to " + command.monitor());
    }

    @Override
    public HostProcess spawn(SpawnSpec spec) throws IOException {
        if (!spec.sockets().isEmpty() || spec.networkNamespace().isPresent()) {
            throw new IOException("the command starts plain processes only: " + spec.argv());
        }
        ProcessBuilder builder =
                new ProcessBuilder(spec.argv())
                        .directory(spec.directory().toFile())
                        .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(spec.environment());
        Process process = builder.start();
        process.getOutputStream().close();
        return new LocalProcess(process);
    }

    private static final class LocalProcess implements HostProcess {
        private final Process process;
        private final CompletableFuture<ProcessExit> exited = new CompletableFuture<>();
        private volatile String tail = "";

        LocalProcess(Process process) {
            this.process = process;
            Thread.ofVirtual().name("output of " + process.pid()).start(this::readOutput);
        }

        private void readOutput() {
            try (InputStream output = process.getInputStream()) {
                tail = new String(output.readNBytes(TAIL_BYTES), StandardCharsets.UTF_8);
                output.transferTo(OutputStream.nullOutputStream());
            } catch (IOException _) {
                // Closed by its end.
            }
            exited.complete(exit(process.onExit().join().exitValue()));
        }

        /** Java, as shells do, tells of a signal by 128 and its number. */
        private static ProcessExit exit(int value) {
            return value > Signal.EXIT_BASE
                    ? new ProcessExit.Signal(value - Signal.EXIT_BASE)
                    : new ProcessExit.Code(value);
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
            if (number == Signal.SIGKILL) {
                process.destroyForcibly();
            } else {
                process.destroy();
            }
        }

        @Override
        public String outputTail() {
            return tail;
        }
    }
}
