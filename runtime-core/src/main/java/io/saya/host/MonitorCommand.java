package io.saya.host;

import io.saya.host.Placement.InheritedConnection;
import io.saya.host.Placement.InheritedFile;
import io.saya.host.Placement.InheritedTap;
import java.nio.file.Path;
import java.util.List;

/**
 * A command to a VMM that runs, together with descriptors that it could not open itself.
 *
 * @param monitor the Unix socket of a monitor (QMP) that nobody else uses: a descriptor belongs to
 *     the monitor it came by
 * @param networkNamespace path of the namespace in which the taps are opened
 * @param files opened by the guard and handed over under their names
 * @param connections Unix sockets on which somebody listens; the guard connects to them
 * @param taps the same; made if they are not there
 * @param text the command, one line of JSON that refers to the descriptors by their names
 */
public record MonitorCommand(
        Path monitor,
        Path networkNamespace,
        List<InheritedFile> files,
        List<InheritedConnection> connections,
        List<InheritedTap> taps,
        String text) {

    public MonitorCommand {
        connections = List.copyOf(connections);
        files = List.copyOf(files);
        taps = List.copyOf(taps);
    }
}
