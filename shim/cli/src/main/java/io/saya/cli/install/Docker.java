package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.host.HostFiles;
import io.saya.cli.host.Program;
import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Docker: a member of {@code runtimes} in its {@code daemon.json}, put between what is there, which
 * is not written anew. JSON has no comments, so that member is its own mark.
 */
record Docker(HostFiles host, HostPrograms programs, ShimLink link) implements ContainerManager {
    private static final String FILE = "/etc/docker/daemon.json";
    private static final String BACKUP = FILE + ".before-saya";
    private static final String RUNTIMES = "runtimes";

    /** The first that knows {@code runtimeType}. */
    private static final int OLDEST = 23;

    private static final Pattern VERSION = Pattern.compile("version (\\d{1,4})\\.");

    @Override
    public String name() {
        return "Docker";
    }

    @Override
    public Plan registration() throws IOException {
        Path dockerd = dockerd();
        Matcher version = VERSION.matcher(HostPrograms.run(dockerd, "--version").firstLine());
        if (version.find() && Integer.parseInt(version.group(1)) < OLDEST) {
            throw ContainerdFile.untouched(
                    dockerd
                            + " is Docker "
                            + version.group(1)
                            + " (expected: "
                            + OLDEST
                            + " or later, which knows runtimeType)");
        }
        List<Change> changes = new ArrayList<>();
        link.made().ifPresent(changes::add);
        Path file = host.at(FILE);
        Optional<String> there =
                Files.exists(file) ? Optional.of(ContainerdFile.text(file)) : Optional.empty();
        Optional<JsonObject> runtimes =
                there.map(text -> parsed(text, file)).flatMap(all -> all.object(RUNTIMES));
        Optional<JsonObject> known = runtimes.flatMap(all -> all.object("saya"));
        if (known.isPresent()) {
            if (!known.get().string("runtimeType").equals(Optional.of(ShimLink.RUNTIME_TYPE))) {
                throw ContainerdFile.untouched(
                        file
                                + " has a runtime 'saya' that is another one: "
                                + known.get()
                                + "; give that one another name");
            }
            return new Plan(changes, List.of());
        }
        Path directory = Objects.requireNonNull(file.getParent());
        if (!Files.isDirectory(directory)) {
            changes.add(new Change.Directory(directory, true));
        }
        if (there.isPresent()) {
            changes.add(
                    new Change.Content(host.at(BACKUP), Optional.empty(), there.map(Bytes::of)));
        }
        String text = there.map(DockerRuntime::addedTo).orElse(DockerRuntime.ALONE);
        changes.add(new Change.Content(file, there.map(Bytes::of), Optional.of(Bytes.of(text))));
        return new Plan(changes, List.of());
    }

    private static JsonObject parsed(String text, Path file) {
        try {
            JsonObject all = Json.parseObject(text);
            if (all.get(RUNTIMES) != null && all.object(RUNTIMES).isEmpty()) {
                throw ContainerdFile.untouched(
                        file + ": \"runtimes\" is no object (expected: {...})");
            }
            return all;
        } catch (JsonException e) {
            throw ContainerdFile.untouched(file + ": " + e.getMessage());
        }
    }

    @Override
    public Plan removal() throws IOException {
        Path file = host.at(FILE);
        if (!registered()) {
            return new Plan(List.of(), List.of());
        }
        String text = ContainerdFile.text(file);
        List<Change> changes = new ArrayList<>();
        Optional<Bytes> now = Optional.of(Bytes.of(text));
        if (text.equals(DockerRuntime.ALONE)) {
            changes.add(new Change.Content(file, now, Optional.empty()));
            changes.add(new Change.Directory(Objects.requireNonNull(file.getParent()), false));
            return new Plan(changes, List.of());
        }
        Bytes rest =
                Bytes.of(
                        DockerRuntime.removedFrom(text)
                                .orElseThrow(
                                        () ->
                                                ContainerdFile.untouched(
                                                        file
                                                                + " has the runtime 'saya', but not"
                                                                + " as it was written (expected: "
                                                                + DockerRuntime.MEMBER
                                                                + "); take it out by hand")));
        changes.add(new Change.Content(file, now, Optional.of(rest)));
        Path backup = host.at(BACKUP);
        List<String> notes = new ArrayList<>();
        if (Files.exists(backup)) {
            Bytes saved = Bytes.of(Files.readAllBytes(backup));
            if (!saved.equals(rest)) {
                notes.add(
                        file
                                + " was edited since it was registered: only the runtime was taken"
                                + " out of it");
            }
            changes.add(new Change.Content(backup, Optional.of(saved), Optional.empty()));
        }
        return new Plan(changes, notes);
    }

    @Override
    public boolean registered() throws IOException {
        Path file = host.at(FILE);
        return Files.exists(file)
                && parsed(ContainerdFile.text(file), file)
                        .object(RUNTIMES)
                        .flatMap(all -> all.object("saya"))
                        .flatMap(ours -> ours.string("runtimeType"))
                        .equals(Optional.of(ShimLink.RUNTIME_TYPE));
    }

    @Override
    public void prove() throws IOException {
        Program answer =
                HostPrograms.run(
                        dockerd(), "--validate", "--config-file", host.at(FILE).toString());
        if (answer.exitCode() != 0) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "dockerd --validate refuses "
                            + host.at(FILE)
                            + ", everything is as it was before: "
                            + answer.output().strip());
        }
    }

    @Override
    public Effect effect() throws IOException {
        Optional<Path> docker = programs.find("docker");
        if (docker.isEmpty()) {
            return Effect.UNKNOWN;
        }
        Program answer = HostPrograms.run(docker.get(), "info", "--format", "{{json .Runtimes}}");
        if (answer.exitCode() != 0) {
            return Effect.NOT_RUNNING;
        }
        return answer.output().contains("\"saya\"") ? Effect.KNOWN : Effect.NOT_KNOWN;
    }

    /** dockerd reads its runtimes anew by SIGHUP, and no container notices. */
    @Override
    public List<String> reread() {
        return List.of("systemctl", "reload", "docker");
    }

    private Path dockerd() {
        return programs.find("dockerd")
                .orElseThrow(
                        () ->
                                ContainerdFile.untouched(
                                        "there is no dockerd on PATH or where services have their"
                                                + " programs (expected: Docker "
                                                + OLDEST
                                                + " or later)"));
    }
}
