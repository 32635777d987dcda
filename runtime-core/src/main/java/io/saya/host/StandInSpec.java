package io.saya.host;

import java.nio.file.Path;
import java.util.List;

/**
 * A process that stands on the host for one of a guest.
 *
 * @param title what {@code ps} shows as its arguments; cut to some 200 bytes
 * @param networkNamespace path of the namespace that it is in
 * @param cgroups directories of cgroups that it goes into; one that it cannot enter is left out
 */
public record StandInSpec(String title, Path networkNamespace, List<Path> cgroups) {

    public StandInSpec {
        cgroups = List.copyOf(cgroups);
    }
}
