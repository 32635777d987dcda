package io.saya.host.guard;

import io.saya.host.MonitorCommand;
import io.saya.host.Placement;
import io.saya.host.SpawnSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes what asks for a process, or for descriptors in one, as the guard reads it. */
final class SpawnRequest {
    private SpawnRequest() {}

    static FrameWriter of(SpawnSpec spec) throws IOException {
        FrameWriter request = new FrameWriter(Frame.SPAWN).u16(spec.argv().size());
        for (String argument : spec.argv()) {
            request.string(argument);
        }
        request.u16(spec.environment().size());
        for (Map.Entry<String, String> variable : spec.environment().entrySet()) {
            request.string(variable.getKey() + "=" + variable.getValue());
        }
        request.string(spec.directory().toString());
        request.string(
                spec.networkNamespace().isPresent()
                        ? spec.networkNamespace().get().toString()
                        : "");
        descriptors(request, spec);
        placement(request, spec.placement());
        return request;
    }

    private static void descriptors(FrameWriter request, SpawnSpec spec) throws IOException {
        Placement.Inherited inherited = spec.placement().inherited();
        request.u8(spec.sockets().size() + inherited.count());
        for (SpawnSpec.InheritedSocket socket : spec.sockets()) {
            request.u8(Frame.DESCRIPTOR_LISTEN)
                    .string(socket.name())
                    .string(socket.path().toString());
        }
        connections(request, inherited.connections());
        if (inherited.vsock().isPresent()) {
            Placement.InheritedVsock vsock = inherited.vsock().get();
            request.u8(Frame.DESCRIPTOR_VSOCK)
                    .string(vsock.name())
                    .string(Integer.toUnsignedString(vsock.contextId()));
        }
        filesAndTaps(request, inherited.files(), inherited.taps());
    }

    private static void connections(
            FrameWriter request, List<Placement.InheritedConnection> connections)
            throws IOException {
        for (Placement.InheritedConnection connection : connections) {
            request.u8(Frame.DESCRIPTOR_CONNECT)
                    .string(connection.name())
                    .string(connection.path().toString());
        }
    }

    private static void filesAndTaps(
            FrameWriter request,
            List<Placement.InheritedFile> files,
            List<Placement.InheritedTap> taps)
            throws IOException {
        for (Placement.InheritedFile file : files) {
            request.u8(
                            switch (file.access()) {
                                case READ_ONLY -> Frame.DESCRIPTOR_READ;
                                case READ_WRITE -> Frame.DESCRIPTOR_OPEN;
                                case EXCLUSIVE -> Frame.DESCRIPTOR_HOLD;
                            })
                    .string(file.name())
                    .string(file.path().toString());
        }
        for (Placement.InheritedTap tap : taps) {
            request.u8(kind(tap.kind())).string(tap.name()).string(tap.interfaceName());
        }
    }

    /** Writes a {@link MonitorCommand} as the guard reads it. */
    static FrameWriter of(MonitorCommand command) throws IOException {
        FrameWriter request =
                new FrameWriter(Frame.MONITOR)
                        .string(command.monitor().toString())
                        .string(command.networkNamespace().toString())
                        .u8(
                                command.connections().size()
                                        + command.files().size()
                                        + command.taps().size());
        connections(request, command.connections());
        filesAndTaps(request, command.files(), command.taps());
        return request.string(command.text());
    }

    private static int kind(Placement.TapKind kind) {
        return switch (kind) {
            case SINGLE_QUEUE -> Frame.DESCRIPTOR_TAP;
            case MULTI_QUEUE -> Frame.DESCRIPTOR_TAP_QUEUE;
            case MACVTAP -> Frame.DESCRIPTOR_MACVTAP;
        };
    }

    private static void placement(FrameWriter request, Placement placement) throws IOException {
        if (placement.user().isPresent()) {
            Placement.User user = placement.user().get();
            request.u32(user.uid()).u32(user.gid());
        } else {
            request.u32(Frame.KEEP_IDENTITY).u32(Frame.KEEP_IDENTITY);
        }
        request.u32(placement.oomScoreAdj().orElse(Frame.KEEP_OOM_SCORE));
        request.u8(
                switch (placement.privileges()) {
                    case INHERITED -> Frame.PRIVILEGES_INHERITED;
                    case KEPT_AS_ANY_USER -> Frame.PRIVILEGES_KEPT;
                    case NONE -> Frame.PRIVILEGES_NONE;
                    case CONFINED -> Frame.PRIVILEGES_CONFINED;
                });
        if (placement.privileges() == Placement.Privileges.CONFINED) {
            request.u16(placement.shown().size());
            for (Path path : placement.shown()) {
                request.string(path.toString());
            }
        }
    }
}
