package io.saya.cli.install;

import static io.saya.cli.install.ShimLink.RUNTIME_TYPE;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.config.toml.TomlEntry;
import io.saya.monitor.pods.RuntimeHandlers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * containerd. A file of our own goes to a directory that its configuration imports, if containerd
 * says that nothing is lost by that; else a marked block goes to the end of its configuration, with
 * the runtimes that containerd would forget otherwise. What is lost either way is refused.
 *
 * @param config its configuration file
 * @param program containerd itself
 */
record Containerd(Path config, Path program, ShimLink link) implements ContainerManager {
    static final String CONFIG = "/etc/containerd/config.toml";

    private static final String HANDLER = "saya";
    private static final String DROP_IN = "50-saya.toml";
    private static final String BACKUP = ".before-saya";

    @Override
    public String name() {
        return "containerd";
    }

    @Override
    public Plan registration() throws IOException {
        ContainerdFile file = ContainerdFile.read(config);
        List<Change> changes = new ArrayList<>();
        link.made().ifPresent(changes::add);
        Optional<TomlEntry> byHand = file.runtimeTypeOf(HANDLER);
        if (byHand.isPresent()) {
            return byHand(byHand.get(), changes);
        }
        EffectiveConfig before = withoutOurs(file);
        List<String> notes = new ArrayList<>();
        if (before.criDisabled()) {
            notes.add(
                    config
                            + " disables the CRI plugin: Kubernetes cannot use this containerd;"
                            + " ctr, nerdctl and Docker can");
        }
        Optional<Path> dropIn = dropIn(file);
        if (dropIn.isPresent() && file.present().map(MarkedBlock::isIn).orElse(false)) {
            // One place only: the block of an earlier call stays where it is.
            dropIn = Optional.empty();
        }
        if (dropIn.isPresent() && keptByDropIn(file, before)) {
            changes.addAll(written(dropIn.get(), file.versionLine() + ours(file)));
        } else {
            if (dropIn.isPresent()) {
                notes.add(
                        "a file in "
                                + dropIn.get().getParent()
                                + " would replace what "
                                + config
                                + " says of the CRI plugin, says this containerd: hence a block in"
                                + " that file");
            }
            changes.addAll(written(file, blockThatKeeps(file, before, notes)));
        }
        return new Plan(changes, notes);
    }

    private Plan byHand(TomlEntry entry, List<Change> changes) {
        String place = config + ":" + entry.position().line();
        if (!RUNTIME_TYPE.equals(entry.value())) {
            throw ContainerdFile.untouched(
                    place
                            + ": runtime '"
                            + HANDLER
                            + "' has runtime_type = \""
                            + entry.value()
                            + "\" (expected: "
                            + RUNTIME_TYPE
                            + "); give that one another name");
        }
        return new Plan(
                changes, List.of(place + " registers it already, by hand; that is left as it is"));
    }

    /** Returns what containerd makes of the file without what we wrote. */
    private EffectiveConfig withoutOurs(ContainerdFile file) throws IOException {
        if (file.present().isEmpty()) {
            return EffectiveConfig.of(program, Optional.empty());
        }
        return file.base().equals(file.present().orElse(""))
                ? EffectiveConfig.of(program, Optional.of(config))
                : asked(file.base());
    }

    /**
     * Returns what containerd would make of another text in that file's place, imports included.
     */
    private EffectiveConfig asked(String text) throws IOException {
        boolean beside = Files.isDirectory(parent());
        // Beside the file, since imports may be relative to it; not a name that a pattern finds.
        Path candidate =
                beside
                        ? Files.createTempFile(parent(), ".saya-candidate", "")
                        : Files.createTempFile("saya-candidate", "");
        try {
            Files.writeString(candidate, text);
            return EffectiveConfig.of(program, Optional.of(candidate));
        } finally {
            Files.delete(candidate);
        }
    }

    /** Asks what a file beside this one, imported after it, would come to. */
    private boolean keptByDropIn(ContainerdFile file, EffectiveConfig before) throws IOException {
        Path ours = Files.createTempFile("saya-import", ".toml");
        try {
            Files.writeString(ours, file.versionLine() + ours(file));
            Path main = file.path().toAbsolutePath();
            EffectiveConfig after =
                    asked(file.versionLine() + "imports = [\"" + main + "\", \"" + ours + "\"]\n");
            return after.hasRuntime(HANDLER, RUNTIME_TYPE)
                    && before.lostIn(after).values().isEmpty();
        } finally {
            Files.delete(ours);
        }
    }

    /** The block's lines, with the runtimes that containerd would forget otherwise. */
    private String blockThatKeeps(ContainerdFile file, EffectiveConfig before, List<String> notes)
            throws IOException {
        String version = file.declares() ? "" : file.versionLine();
        String lines = version + ours(file);
        EffectiveConfig after = asked(MarkedBlock.addedTo(file.base(), lines));
        EffectiveConfig lost = before.lostIn(after);
        if (!lost.values().isEmpty()) {
            String kept = lost.runtimesAs(file.criPlugin());
            lines += "# Built into containerd, which forgets them where another one is named:\n";
            lines += kept;
            after = asked(MarkedBlock.addedTo(file.base(), lines));
            lost = before.lostIn(after);
            if (lost.values().isEmpty()) {
                notes.add("the block names runtimes that containerd would forget otherwise");
            }
        }
        if (!after.hasRuntime(HANDLER, RUNTIME_TYPE)) {
            throw ContainerdFile.untouched(
                    program
                            + " does not find a runtime that is added to "
                            + config
                            + " (version = "
                            + file.version()
                            + "); does it read this version, and does a file that it imports replace"
                            + " the plugin's table? See '"
                            + program
                            + " config dump'");
        }
        if (!lost.values().isEmpty()) {
            throw ContainerdFile.untouched(
                    "a runtime added to "
                            + config
                            + " would make containerd forget "
                            + lost.names()
                            + "; write these into that file first");
        }
        return lines;
    }

    private String ours(ContainerdFile file) throws IOException {
        return TomlText.table(
                        List.of("plugins", file.criPlugin(), "containerd", "runtimes", HANDLER))
                + TomlText.line("runtime_type", RUNTIME_TYPE)
                + TomlText.line("runtime_path", link.name().toString())
                + TomlText.line("privileged_without_host_devices", true)
                + TomlText.line("pod_annotations", List.of("io.katacontainers.*", "io.saya.*"));
    }

    private static Optional<Path> dropIn(ContainerdFile file) {
        return file.importedDirectories().stream()
                .findFirst()
                .map(directory -> directory.resolve(DROP_IN));
    }

    /** A file of our own. */
    private static List<Change> written(Path file, String lines) throws IOException {
        List<Change> changes = new ArrayList<>();
        Path directory = Objects.requireNonNull(file.getParent());
        Optional<String> there =
                Files.exists(file) ? Optional.of(ContainerdFile.text(file)) : Optional.empty();
        if (there.isPresent() && !MarkedBlock.isAllOf(there.get())) {
            throw ContainerdFile.untouched(
                    file + " is there and was not written by saya install; rename it");
        }
        boolean directoryIsOurs =
                there.map(text -> text.contains(MarkedBlock.MADE_DIRECTORY))
                        .orElse(!Files.isDirectory(directory));
        if (!Files.isDirectory(directory)) {
            changes.add(new Change.Directory(directory, true));
        }
        String text = MarkedBlock.of((directoryIsOurs ? MarkedBlock.MADE_DIRECTORY : "") + lines);
        if (!there.equals(Optional.of(text))) {
            changes.add(
                    new Change.Content(file, there.map(Bytes::of), Optional.of(Bytes.of(text))));
        }
        return changes;
    }

    /** A block in containerd's own file, or that file, if there is none. */
    private List<Change> written(ContainerdFile file, String lines) throws IOException {
        Optional<String> present = file.present();
        if (present.isEmpty() || MarkedBlock.isAllOf(present.get())) {
            return written(config, lines);
        }
        String text = MarkedBlock.addedTo(file.base(), lines);
        if (text.equals(present.get())) {
            return List.of();
        }
        List<Change> changes = new ArrayList<>();
        Path backup = backup();
        Optional<Bytes> base = Optional.of(Bytes.of(file.base()));
        changes.add(new Change.Content(backup, bytes(backup), base));
        changes.add(
                new Change.Content(config, present.map(Bytes::of), Optional.of(Bytes.of(text))));
        return changes;
    }

    @Override
    public Plan removal() throws IOException {
        List<Change> changes = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        if (Files.exists(config)) {
            String present = ContainerdFile.text(config);
            if (MarkedBlock.isAllOf(present)) {
                changes.addAll(removed(config, present));
            } else if (MarkedBlock.isIn(present)) {
                changes.addAll(unblocked(present, notes));
            }
            for (Path directory : ContainerdFile.read(config).importedDirectories()) {
                Path file = directory.resolve(DROP_IN);
                if (Files.exists(file) && MarkedBlock.isAllOf(ContainerdFile.text(file))) {
                    changes.addAll(removed(file, ContainerdFile.text(file)));
                }
            }
        }
        return new Plan(changes, notes);
    }

    private static List<Change> removed(Path file, String text) {
        List<Change> changes = new ArrayList<>();
        changes.add(new Change.Content(file, Optional.of(Bytes.of(text)), Optional.empty()));
        if (text.contains(MarkedBlock.MADE_DIRECTORY)) {
            changes.add(new Change.Directory(Objects.requireNonNull(file.getParent()), false));
        }
        return changes;
    }

    private List<Change> unblocked(String present, List<String> notes) throws IOException {
        Bytes rest = Bytes.of(MarkedBlock.removedFrom(present, config));
        Optional<Bytes> backup = bytes(backup());
        if (backup.isPresent() && !backup.get().equals(rest)) {
            notes.add(
                    config
                            + " was edited since it was registered: only the block was taken out of it");
        }
        List<Change> changes = new ArrayList<>();
        changes.add(new Change.Content(config, Optional.of(Bytes.of(present)), Optional.of(rest)));
        if (backup.isPresent()) {
            changes.add(new Change.Content(backup(), backup, Optional.empty()));
        }
        return changes;
    }

    @Override
    public boolean registered() throws IOException {
        return !removal().changes().isEmpty();
    }

    @Override
    public void prove() throws IOException {
        EffectiveConfig now =
                EffectiveConfig.of(
                        program, Files.exists(config) ? Optional.of(config) : Optional.empty());
        if (!now.hasRuntime(HANDLER, RUNTIME_TYPE)) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    program
                            + " config dump has no runtime '"
                            + HANDLER
                            + "' of type "
                            + RUNTIME_TYPE
                            + " after it was registered; everything is as it was before");
        }
    }

    @Override
    public Effect effect() throws IOException {
        Path socket =
                EffectiveConfig.of(
                                program,
                                Files.exists(config) ? Optional.of(config) : Optional.empty())
                        .address();
        if (!Files.exists(socket)) {
            return Effect.NOT_RUNNING;
        }
        try {
            return RuntimeHandlers.of(socket).contains(HANDLER) ? Effect.KNOWN : Effect.NOT_KNOWN;
        } catch (IOException _) {
            return Effect.UNKNOWN;
        }
    }

    @Override
    public List<String> reread() {
        return List.of("systemctl", "restart", "containerd");
    }

    private Path parent() {
        return Objects.requireNonNull(config.toAbsolutePath().getParent());
    }

    private Path backup() {
        return config.resolveSibling(config.getFileName() + BACKUP);
    }

    private static Optional<Bytes> bytes(Path file) throws IOException {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                ? Optional.of(Bytes.of(Files.readAllBytes(file)))
                : Optional.empty();
    }
}
