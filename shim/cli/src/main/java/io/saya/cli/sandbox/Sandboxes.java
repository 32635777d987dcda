package io.saya.cli.sandbox;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.host.HostFiles;
import io.saya.cli.journal.GuardJournal;
import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds the sandboxes of this host: a run directory with a {@code record.json} is one. */
final class Sandboxes {
    private static final long MAX_RECORD = 1024 * 1024;

    private final Path runBase;

    Sandboxes(Path runBase) {
        this.runBase = runBase;
    }

    /**
     * Finds all sandboxes, sorted by the names of their directories, and asks each living daemon
     * for its status.
     *
     * @throws CommandFailure if the caller may not look
     */
    List<KnownSandbox> all() {
        if (Files.isDirectory(runBase) && !Files.isReadable(runBase)) {
            throw new CommandFailure(
                    ExitCode.NO_SANDBOX, runBase + ": permission denied; try it as root");
        }
        List<KnownSandbox> all = new ArrayList<>();
        for (String name : new HostFiles(runBase).names("/")) {
            Path directory = runBase.resolve(name);
            JsonObject record = record(directory.resolve("record.json"));
            String id = record.string("id").orElse("");
            if (!id.isEmpty()) {
                String namespace = record.string("namespace").orElse("");
                long pid = HostProcesses.daemonOf(journal(directory));
                KnownSandbox known =
                        new KnownSandbox(id, namespace, directory, pid, JsonObject.EMPTY);
                all.add(pid == 0 ? known : known.asked());
            }
        }
        return all;
    }

    /**
     * The one of this id, or whose id begins so.
     *
     * @throws CommandFailure if there is none, or more than one
     */
    KnownSandbox named(String id) {
        List<KnownSandbox> found = new ArrayList<>();
        for (KnownSandbox sandbox : all()) {
            if (sandbox.id().equals(id)) {
                return sandbox;
            }
            if (sandbox.id().startsWith(id) || hasContainer(sandbox, id)) {
                found.add(sandbox);
            }
        }
        if (found.size() == 1) {
            return found.getFirst();
        }
        if (found.isEmpty()) {
            throw new CommandFailure(
                    ExitCode.NO_SANDBOX,
                    "no sandbox '" + id + "' lives on this host; 'saya list' shows them");
        }
        StringBuilder ids = new StringBuilder();
        found.forEach(sandbox -> ids.append(' ').append(sandbox.id()));
        throw new CommandFailure(ExitCode.NO_SANDBOX, "'" + id + "' could be any of these:" + ids);
    }

    private static boolean hasContainer(KnownSandbox sandbox, String id) {
        return SandboxStatus.processes(sandbox.status()).stream()
                .anyMatch(process -> process.string("container").orElse("").equals(id));
    }

    /** What the guard has written down; empty where it cannot be read. */
    static GuardJournal journal(Path runDirectory) {
        try {
            return GuardJournal.of(runDirectory);
        } catch (IOException _) {
            return GuardJournal.EMPTY;
        }
    }

    private static JsonObject record(Path file) {
        try {
            return Files.size(file) > MAX_RECORD
                    ? JsonObject.EMPTY
                    : Json.parseObject(Files.readAllBytes(file));
        } catch (IOException | JsonException _) {
            return JsonObject.EMPTY;
        }
    }
}
