package io.saya.test.task;

import com.google.protobuf.Empty;
import com.google.protobuf.InvalidProtocolBufferException;
import io.saya.proto.containerd.events.EventsService;
import io.saya.proto.containerd.events.ForwardRequest;
import io.saya.proto.containerd.events.TaskDelete;
import io.saya.proto.containerd.events.TaskExecAdded;
import io.saya.proto.containerd.events.TaskExecStarted;
import io.saya.proto.containerd.events.TaskExit;
import io.saya.test.Host;
import io.saya.ttrpc.CallContext;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** containerd's event service: keeps what shims publish, in the order in which it comes. */
final class EventLog implements EventsService, AutoCloseable {
    private final Transport transport;
    private final Path socket;
    private final List<String> events = new ArrayList<>();
    private final List<String> exits = new ArrayList<>();
    private final Map<String, List<Long>> machines = new ConcurrentHashMap<>();
    private @Nullable TtrpcServer server;

    EventLog(Transport transport, Path socket) throws IOException, InterruptedException {
        this.transport = transport;
        this.socket = socket;
        open();
    }

    /** Comes back after {@link #close}. */
    void open() throws IOException, InterruptedException {
        server = TtrpcServer.builder(transport).service(EventsService.bind(this)).listen(socket);
    }

    /**
     * One line for each event: topic, process if it is an exec, status if it is an exit. Pids and
     * times are left out.
     */
    List<String> events() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    /** Lists for each exit the container's id, and the exec's behind a slash if it is one. */
    List<String> exits() {
        synchronized (events) {
            return List.copyOf(exits);
        }
    }

    /**
     * The processes of a container's machine that were still there when its exit was published: an
     * exit that nobody knew of before. Fails if there was none.
     */
    List<Long> machinesAtExit(String container) {
        return Objects.requireNonNull(machines.get(container), "no exit of " + container);
    }

    private static List<Long> machines(String container) {
        var found = new ArrayList<>(Host.processes("qemu-system", container));
        found.addAll(Host.processes("virtiofsd", container));
        return found;
    }

    @Override
    public Empty forward(CallContext context, ForwardRequest request) throws TtrpcStatusException {
        var envelope = request.getEnvelope();
        var bytes = envelope.getEvent().getValue();
        var topic = envelope.getTopic();
        try {
            var line =
                    switch (topic) {
                        case "/tasks/exit" -> {
                            var exit = TaskExit.parseFrom(bytes);
                            var process = of(exit.getContainerId(), exit.getId());
                            if (process.isEmpty()) {
                                machines.put(
                                        exit.getContainerId(), machines(exit.getContainerId()));
                            }
                            synchronized (events) {
                                exits.add((exit.getContainerId() + "/" + process).strip());
                            }
                            yield process + exit.getExitStatus();
                        }
                        case "/tasks/delete" -> {
                            var delete = TaskDelete.parseFrom(bytes);
                            yield of(delete.getContainerId(), delete.getId())
                                    + delete.getExitStatus();
                        }
                        case "/tasks/exec-added" -> TaskExecAdded.parseFrom(bytes).getExecId();
                        case "/tasks/exec-started" -> TaskExecStarted.parseFrom(bytes).getExecId();
                        default -> "";
                    };
            synchronized (events) {
                events.add((topic + " " + line).strip());
            }
            return Empty.getDefaultInstance();
        } catch (InvalidProtocolBufferException e) {
            throw new TtrpcStatusException(StatusCode.INVALID_ARGUMENT, "unreadable " + topic, e);
        }
    }

    /** Goes away like a containerd that is stopped. */
    @Override
    public void close() {
        var open = server;
        if (open != null) {
            open.close();
            server = null;
        }
    }

    private static String of(String container, String process) {
        return process.isEmpty() || process.equals(container) ? "" : process + " ";
    }
}
