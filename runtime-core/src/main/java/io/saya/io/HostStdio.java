package io.saya.io;

import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Opens streams that are FIFOs, files and programs of this host. The daemon has one. */
public final class HostStdio implements StdioOpener {
    private static final Path NULL_DEVICE = Path.of("/dev/null");

    private static final HeldStdio FRESH =
            new HeldStdio(HeldStream.FRESH, HeldStream.FRESH, true, false);

    private final Path runDirectory;
    private final Duration loggerReadyLimit;
    private final StreamKeeping keeping;
    private final BlockingThreads threads = new BlockingThreads();
    private final StreamRoom room = new StreamRoom();

    /** Streams that end with their daemon. */
    public HostStdio(Path runDirectory) {
        this(runDirectory, StreamKeeping.NONE);
    }

    /**
     * @param runDirectory a directory of the sandbox, for what a logger needs while it starts;
     *     used, and made where it is missing, only for loggers
     * @param keeping keeps streams for another daemon
     */
    public HostStdio(Path runDirectory, StreamKeeping keeping) {
        this(runDirectory, keeping, LOGGER_READY_LIMIT);
    }

    HostStdio(Path runDirectory, StreamKeeping keeping, Duration loggerReadyLimit) {
        this.runDirectory = runDirectory;
        this.keeping = keeping;
        this.loggerReadyLimit = loggerReadyLimit;
    }

    @Override
    public ProcessStdio open(TaskIo io, ContainerIdentity container) {
        return open(io, container, FRESH, keeping.begins() ? keeping.begin() : null);
    }

    @Override
    public ProcessStdio reopen(TaskIo io, ContainerIdentity container, HeldStdio held) {
        try {
            return open(io, container, held, held.counted() ? keeping.goOn(held.slot()) : null);
        } catch (IOException | IllegalArgumentException e) {
            throw RuntimeFailure.failedPrecondition(
                    "how far the streams of "
                            + container.id()
                            + " have come is not known: "
                            + e.getMessage());
        }
    }

    private ProcessStdio open(
            TaskIo io,
            ContainerIdentity container,
            HeldStdio held,
            StreamPositions.@Nullable Slot slot) {
        try {
            return parse(io, container, held, slot);
        } catch (RuntimeException e) {
            if (slot != null) {
                slot.close();
            }
            throw e;
        }
    }

    private ProcessStdio parse(
            TaskIo io,
            ContainerIdentity container,
            HeldStdio held,
            StreamPositions.@Nullable Slot slot) {
        StreamTarget stdin = StreamTarget.parse("stdin", io.stdin());
        StreamTarget stdout = StreamTarget.parse("stdout", io.stdout());
        StreamTarget stderr =
                io.terminal()
                        ? new StreamTarget.Absent()
                        : stderr(stdout, StreamTarget.parse("stderr", io.stderr()));
        Opening opening = new Opening(io, container, held, slot);
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
        private final StreamPositions.@Nullable Slot slot;
        private @Nullable OutputSink stdout;
        private @Nullable OutputSink stderr;

        Opening(
                TaskIo io,
                ContainerIdentity container,
                HeldStdio held,
                StreamPositions.@Nullable Slot slot) {
            this.slot = slot;
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
            boolean first = stream.equals("stdout");
            HeldStream from = first ? held.stdout() : held.stderr();
            KeptOutput output =
                    slot == null
                            ? KeptOutput.NOT
                            : KeptOutput.of(
                                    first ? slot.stdout() : slot.stderr(), keeping, from.end());
            try {
                return switch (target) {
                    case StreamTarget.Absent() -> new DiscardSink(output);
                    case StreamTarget.LocalPath(Path path) -> existing(path, from, output);
                    case StreamTarget.AppendedFile(Path path) ->
                            FileSink.created(path, threads, output);
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

        private OutputSink existing(Path named, HeldStream from, KeptOutput output)
                throws IOException {
            if (named.equals(NULL_DEVICE)) {
                return new DiscardSink(output);
            }
            Path path = from.end().isHeld() ? keeping.held(from.end()) : named;
            FileKind kind = kind(path);
            return kind.isFifo()
                    ? FifoSink.open(path, kind, from.kept(), threads, room.share(), output)
                    : FileSink.existing(path, kind, threads, output);
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
            KeptInput kept =
                    slot == null ? KeptInput.NOT : KeptInput.of(slot, keeping, held.stdinEnd());
            InputPump input =
                    switch (target) {
                        case StreamTarget.LocalPath(Path path) when !path.equals(NULL_DEVICE) ->
                                new InputPump(
                                        "stdin" + of,
                                        source(path),
                                        io.terminal(),
                                        threads,
                                        room.share(),
                                        kept);
                        default -> null;
                    };
            OutputSink out = Objects.requireNonNull(stdout);
            OutputPump stdoutPump = new OutputPump("stdout" + of, out, room.share(), held.stdout());
            OutputPump stderrPump =
                    stderr == null
                            ? null
                            : new OutputPump("stderr" + of, stderr, room.share(), held.stderr());
            stdoutPump.begin();
            if (stderrPump != null) {
                stderrPump.begin();
            }
            return new OpenStdio(
                    io.terminal(),
                    input,
                    stdoutPump,
                    stderrPump,
                    slot,
                    held.stdinOpen() ? KeptInput.NOT : kept);
        }

        private InputPump.SourceOpener source(Path named) {
            try {
                Path path = held.stdinEnd().isHeld() ? keeping.held(held.stdinEnd()) : named;
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
