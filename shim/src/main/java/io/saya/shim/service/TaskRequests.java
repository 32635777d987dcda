package io.saya.shim.service;

import com.google.protobuf.Any;
import io.saya.event.RootfsMount;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.proto.containerd.task.CreateTaskRequest;
import io.saya.proto.containerd.task.ExecProcessRequest;
import io.saya.proto.containerd.types.Mount;
import io.saya.task.CreateRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Translates the task service's messages to the domain, and refuses what can never be right. */
final class TaskRequests {
    /** containerd's own limit for ids. */
    private static final int ID_LIMIT = 76;

    /** A terminal's size is a 16-bit number for the kernel (struct winsize). */
    private static final int MOST_CELLS = 65_535;

    private TaskRequests() {}

    static CreateRequest create(CreateTaskRequest request) {
        if (!request.getCheckpoint().isEmpty()) {
            throw RuntimeFailure.unimplemented(
                    "container "
                            + request.getId()
                            + ": restoring from a checkpoint is not offered");
        }
        Path bundle = Path.of(request.getBundle());
        if (!bundle.isAbsolute()) {
            throw RuntimeFailure.invalidArgument(
                    "bundle: '" + request.getBundle() + "' (expected: an absolute path)");
        }
        List<RootfsMount> rootfs = new ArrayList<>(request.getRootfsCount());
        for (Mount mount : request.getRootfsList()) {
            rootfs.add(
                    new RootfsMount(
                            mount.getType(),
                            mount.getSource(),
                            mount.getTarget(),
                            mount.getOptionsList()));
        }
        return new CreateRequest(
                id("container id", request.getId()),
                bundle,
                rootfs,
                new TaskIo(
                        request.getStdin(),
                        request.getStdout(),
                        request.getStderr(),
                        request.getTerminal()));
    }

    static TaskIo io(ExecProcessRequest request) {
        return new TaskIo(
                request.getStdin(),
                request.getStdout(),
                request.getStderr(),
                request.getTerminal());
    }

    /**
     * An id that becomes part of paths on the host and in the guest: containerd's rule for ids,
     * letters and digits joined by single separators.
     */
    static String id(String what, String id) {
        boolean separator = true;
        boolean valid = !id.isEmpty() && id.length() <= ID_LIMIT;
        for (int i = 0; valid && i < id.length(); i++) {
            char c = id.charAt(i);
            boolean word =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            valid = word || (!separator && (c == '.' || c == '_' || c == '-'));
            separator = !word;
        }
        if (!valid || separator) {
            throw RuntimeFailure.invalidArgument(
                    what
                            + ": '"
                            + id
                            + "' (expected: letters and digits joined by single '.', '_' or '-', "
                            + ID_LIMIT
                            + " characters at most)");
        }
        return id;
    }

    static int cells(String what, int count) {
        if (count < 0 || count > MOST_CELLS) {
            throw RuntimeFailure.invalidArgument(
                    what
                            + ": "
                            + Integer.toUnsignedString(count)
                            + " (expected: at most "
                            + MOST_CELLS
                            + ")");
        }
        return count;
    }

    /** OCI structures travel as JSON; their type URLs say nothing that the method does not. */
    static JsonObject json(String what, Any any) {
        try {
            return Json.parseObject(any.getValue().toByteArray());
        } catch (JsonException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.INVALID_ARGUMENT,
                    what + " (" + any.getTypeUrl() + "): " + e.getMessage(),
                    e);
        }
    }
}
