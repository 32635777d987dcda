package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.host.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The name by which container managers call the shim, in a directory where systemd's services look
 * for programs: {@code ctr} and Docker know no path, and containerd up to 1.6.20 ignores the one
 * that it is told. A new version then needs no new configuration either: the name leads to it.
 *
 * @param host where the links are
 * @param launcher the shim of this installation
 */
record ShimLink(HostFiles host, Path launcher) {
    static final String SHIM = "containerd-shim-saya-v2";
    static final String RUNTIME_TYPE = "io.containerd.saya.v2";

    private static final String OURS = "/usr/local/bin/" + SHIM;

    static ShimLink of(HostFiles host, Path installation) {
        return new ShimLink(host, installation.resolve("bin").resolve(SHIM));
    }

    /**
     * The name that is there, or will be once {@link #made} is carried out.
     *
     * @throws CommandFailure if a stranger has it
     */
    Path name() throws IOException {
        return present().orElse(host.at(OURS));
    }

    /**
     * Returns what to change so that the name leads here; empty if it does.
     *
     * @throws CommandFailure if this installation has no shim, or a stranger has the name
     */
    Optional<Change> made() throws IOException {
        if (!Files.isExecutable(launcher)) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    launcher + " cannot be executed (expected: the shim of this installation)");
        }
        if (present().isPresent()) {
            return Optional.empty();
        }
        Path ours = host.at(OURS);
        return Optional.of(
                new Change.Link(
                        ours,
                        Files.isSymbolicLink(ours)
                                ? Optional.of(Files.readSymbolicLink(ours))
                                : Optional.empty(),
                        Optional.of(launcher)));
    }

    /** Returns what to change so that there is no name of ours; empty if there is none. */
    Optional<Change> removed() throws IOException {
        Path ours = host.at(OURS);
        return Files.isSymbolicLink(ours) && leadsHere(ours)
                ? Optional.of(
                        new Change.Link(
                                ours, Optional.of(Files.readSymbolicLink(ours)), Optional.empty()))
                : Optional.empty();
    }

    /** The first of the service's directories that has the name decides. */
    private Optional<Path> present() throws IOException {
        for (String place : HostPrograms.SERVICE_PATH) {
            Path name = host.at(place + "/" + SHIM);
            if (!Files.exists(name, LinkOption.NOFOLLOW_LINKS)) {
                continue;
            }
            if (leadsHere(name)) {
                return Optional.of(name);
            }
            // An installation that was moved or replaced: its link is made anew.
            if (Files.isSymbolicLink(name) && name.equals(host.at(OURS))) {
                return Optional.empty();
            }
            throw new CommandFailure(
                    ExitCode.FAILED,
                    name
                            + " is the shim of another installation"
                            + (Files.isSymbolicLink(name)
                                    ? " (" + Files.readSymbolicLink(name) + ")"
                                    : "")
                            + " and comes first on the services' PATH (expected: none, or a link to "
                            + launcher
                            + "); call that installation's saya, or remove it");
        }
        return Optional.empty();
    }

    private boolean leadsHere(Path name) throws IOException {
        return Files.exists(name) && name.toRealPath().equals(launcher.toRealPath());
    }
}
