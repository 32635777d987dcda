package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.host.HostFiles;
import io.saya.cli.host.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * CRI-O, which reads every file of its directory of drop-ins.
 *
 * @param host where the files are
 */
record CriO(HostFiles host, HostPrograms programs, ShimLink link) implements ContainerManager {
    private static final String HOME = "/etc/crio";
    private static final String DROP_INS = HOME + "/crio.conf.d";
    private static final String FILE = DROP_INS + "/50-saya.conf";
    private static final String SOCKET = "/run/crio/crio.sock";
    private static final String TABLE = "[crio.runtime.runtimes.saya]";

    @Override
    public String name() {
        return "CRI-O";
    }

    @Override
    public Plan registration() throws IOException {
        if (!host.exists(HOME)) {
            throw ContainerdFile.untouched(
                    "there is no " + host.at(HOME) + " (expected: CRI-O's configuration)");
        }
        List<Change> changes = new ArrayList<>();
        link.made().ifPresent(changes::add);
        Path file = host.at(FILE);
        Optional<String> there =
                Files.exists(file) ? Optional.of(ContainerdFile.text(file)) : Optional.empty();
        if (there.isPresent() && !MarkedBlock.isAllOf(there.get())) {
            return new Plan(
                    changes, List.of(file + " is there, written by hand; it is left as it is"));
        }
        boolean ourDirectory =
                there.map(text -> text.contains(MarkedBlock.MADE_DIRECTORY))
                        .orElse(!host.exists(DROP_INS));
        if (!host.exists(DROP_INS)) {
            changes.add(new Change.Directory(host.at(DROP_INS), true));
        }
        String text = MarkedBlock.of((ourDirectory ? MarkedBlock.MADE_DIRECTORY : "") + lines());
        if (!there.equals(Optional.of(text))) {
            changes.add(
                    new Change.Content(file, there.map(Bytes::of), Optional.of(Bytes.of(text))));
        }
        return new Plan(changes, List.of());
    }

    private String lines() throws IOException {
        return TomlText.table(List.of("crio", "runtime", "runtimes", "saya"))
                + TomlText.line("runtime_path", link.name().toString())
                + TomlText.line("runtime_type", "vm")
                + "  # CRI-O's own, for FIFOs; it must be absolute.\n"
                + TomlText.line("runtime_root", "/run/saya-crio")
                + TomlText.line("privileged_without_host_devices", true);
    }

    @Override
    public Plan removal() throws IOException {
        Path file = host.at(FILE);
        if (!registered()) {
            return new Plan(List.of(), List.of());
        }
        String text = ContainerdFile.text(file);
        List<Change> changes = new ArrayList<>();
        changes.add(new Change.Content(file, Optional.of(Bytes.of(text)), Optional.empty()));
        if (text.contains(MarkedBlock.MADE_DIRECTORY)) {
            changes.add(new Change.Directory(host.at(DROP_INS), false));
        }
        return new Plan(changes, List.of());
    }

    @Override
    public boolean registered() throws IOException {
        Path file = host.at(FILE);
        return Files.exists(file) && MarkedBlock.isAllOf(ContainerdFile.text(file));
    }

    /** A CRI-O that cannot read its configuration says so; one that is not there cannot. */
    @Override
    public void prove() throws IOException {
        Optional<Path> crio = programs.find("crio");
        if (crio.isEmpty()) {
            return;
        }
        Program answer = HostPrograms.run(crio.get(), "config");
        if (answer.exitCode() != 0) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    crio.get()
                            + " config fails after it was registered, everything is as it was"
                            + " before: "
                            + answer.output().strip());
        }
    }

    /** Asked by its own command, which releases before 1.29 do not have. */
    @Override
    public Effect effect() throws IOException {
        Path socket = host.at(SOCKET);
        Optional<Path> crio = programs.find("crio");
        if (crio.isEmpty()) {
            return Effect.UNKNOWN;
        }
        if (!Files.exists(socket)) {
            return Effect.NOT_RUNNING;
        }
        Program answer =
                HostPrograms.run(crio.get(), "status", "--socket", socket.toString(), "config");
        if (answer.exitCode() != 0) {
            return Effect.UNKNOWN;
        }
        return answer.output().contains(TABLE) ? Effect.KNOWN : Effect.NOT_KNOWN;
    }

    @Override
    public List<String> reread() {
        return List.of("systemctl", "restart", "crio");
    }
}
