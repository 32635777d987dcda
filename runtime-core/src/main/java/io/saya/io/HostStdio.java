package io.saya.io;

import com.google.protobuf.ByteString;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Opens streams that are FIFOs, files and programs of this host. The daemon has one. */
public final class HostStdio implements StdioOpener {
    private static final Path NULL_DEVICE = Path.of("/dev/null");

    private static final HeldStdio FRESH =
            new HeldStdio(HeldStream.FRESH, HeldStream.FRESH, true, false);

    private final Path runDirectory;
    private final Duration loggerReadyLimit;
    private final BlockingThreads threads = new BlockingThreads();
    private final StreamRoom room = new StreamRoom();

    /**
     * @param runDirectory a directory of the sandbox, for what a logger needs while it starts;
     *     used, and made where it is missing, only for loggers
     */
    public HostStdio(Path runDirectory) {
        this(runDirectory, LOGGER_READY_LIMIT);
    }

    HostStdio(Path runDirectory, Duration loggerReadyLimit) {
        this.runDirectory = runDirectory;
        this.loggerReadyLimit = loggerReadyLimit;
    }

    @Override
    public ProcessStdio open(TaskIo io, ContainerIdentity container) {
        return reopen(io, container, FRESH);
    }

    @Override
    public ProcessStdio reopen(TaskIo io, ContainerIdentity container, HeldStdio held) {
        StreamTarget stdin = StreamTarget.parse("stdin", io.stdin());
        StreamTarget stdout = StreamTarget.parse("stdout", io.stdout());
        StreamTarget stderr =
                io.terminal()
                        ? new StreamTarget.Absent()
                        : stderr(stdout, StreamTarget.parse("stderr", io.stderr()));
        Opening opening = new Opening(io, container, held);
        try {
            opening.openOutput(
                    unlessEnded(stdout, held.stdout()), unlessEnded(stderr, held.stderr()));
            ProcessStdio opened =
                    opening.complete(held.stdinOpen() ? stdin : new StreamTarget.Absent());
            if (held.stdinClosed()) {
                opened.closeStdin();
            }
            return opened;
        } catch (RuntimeException e) {
            opening.undo();
            throw e;
        }
    }

    /** A URI on stdout takes stderr as well where that has no place of its own. */
    private static StreamTarget stderr(StreamTarget stdout, StreamTarget stderr) {
        boolean follows =
                stderr instanceof StreamTarget.Absent
                        && !(stdout instanceof StreamTarget.LocalPath);
        return follows ? stdout : stderr;
    }

    /** What is open already while the rest is being opened. */
    private static StreamTarget unlessEnded(StreamTarget target, HeldStream held) {
        return held.stage() == HeldStream.Stage.ENDED ? new StreamTarget.Absent() : target;
    }

    private final class Opening {
        private final TaskIo io;
        private final ContainerIdentity container;
        private final HeldStdio held;
        private @Nullable OutputSink stdout;
        private @Nullable OutputSink stderr;

        Opening(TaskIo io, ContainerIdentity container, HeldStdio held) {
            this.io = io;
            this.container = container;
            this.held = held;
        }

        void openOutput(StreamTarget stdoutTarget, StreamTarget stderrTarget) {
            if (stdoutTarget instanceof StreamTarget.Logger logger) {
                LoggerProcess program = start("stdout", io.stdout(), logger);
                stdout = program.stdout();
                if (logger.equals(stderrTarget)) {
                    stderr = program.stderr();
                    return;
                }
                program.stderr().close();
            } else {
                stdout = sink("stdout", io.stdout(), stdoutTarget);
            }
            if (!io.terminal()) {
                stderr = sink("stderr", io.stderr(), stderrTarget);
            }
        }

        private OutputSink sink(String stream, String value, StreamTarget target) {
            try {
                return switch (target) {
                    case StreamTarget.Absent() -> new DiscardSink();
                    case StreamTarget.LocalPath(Path path) ->
                            existing(
                                    path,
                                    (stream.equals("stdout") ? held.stdout() : held.stderr())
                                            .kept());
                    case StreamTarget.AppendedFile(Path path) -> FileSink.created(path, threads);
                    case StreamTarget.Logger logger -> {
                        LoggerProcess program = start(stream, value, logger);
                        program.stdout().close();
                        yield program.stderr();
                    }
                };
            } catch (IOException e) {
                throw cannotOpen(stream, value, e);
            }
        }

        private OutputSink existing(Path path, ByteString kept) throws IOException {
            if (path.equals(NULL_DEVICE)) {
                return new DiscardSink();
            }
            FileKind kind = kind(path);
            return kind.isFifo()
                    ? FifoSink.open(path, kind, kept, threads, room.share())
                    : FileSink.existing(path, kind, threads);
        }

        private LoggerProcess start(String stream, String value, StreamTarget.Logger logger) {
            try {
                return LoggerProcess.start(
                        logger, container, runDirectory, loggerReadyLimit, threads);
            } catch (IOException e) {
                throw cannotOpen(stream, value, e);
            }
        }

        ProcessStdio complete(StreamTarget target) {
            String of = " of " + container.id();
            InputPump input =
                    switch (target) {
                        case StreamTarget.LocalPath(Path path) when !path.equals(NULL_DEVICE) ->
                                new InputPump(
                                        "stdin" + of,
                                        source(path),
                                        io.terminal(),
                                        threads,
                                        room.share());
                        default -> null;
                    };
            OutputSink out = stdout == null ? new DiscardSink() : stdout;
            OutputPump stdoutPump = new OutputPump("stdout" + of, out, room.share(), held.stdout());
            OutputPump stderrPump =
                    stderr == null
                            ? null
                            : new OutputPump("stderr" + of, stderr, room.share(), held.stderr());
            stdoutPump.begin();
            if (stderrPump != null) {
                stderrPump.begin();
            }
            return new OpenStdio(io.terminal(), input, stdoutPump, stderrPump);
        }

        private InputPump.SourceOpener source(Path path) {
            try {
                FileKind kind = kind(path);
                return () -> InputSource.open(path, kind);
            } catch (IOException e) {
                throw cannotOpen("stdin", io.stdin(), e);
            }
        }

        void undo() {
            if (stdout != null) {
                stdout.close();
            }
            if (stderr != null) {
                stderr.close();
            }
        }
    }

    private static FileKind kind(Path path) throws IOException {
        FileKind kind = FileKind.of(path);
        if (!kind.isStream()) {
            throw new IOException(
                    path + " is a directory or a socket (expected: a FIFO or a file)");
        }
        return kind;
    }

    private static RuntimeFailure cannotOpen(String stream, String value, IOException cause) {
        return new RuntimeFailure(
                RuntimeFailure.Kind.INVALID_ARGUMENT,
                stream + ": " + value + " cannot be opened: " + cause,
                cause);
    }
}
