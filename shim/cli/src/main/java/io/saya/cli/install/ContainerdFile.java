package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlEntry;
import io.saya.config.toml.TomlFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * containerd's configuration file, as it is without a block of ours.
 *
 * @param present what is there; empty: no file
 * @param base that without our block
 * @param version of its format: 2 or 3
 * @param declares whether it says its version itself
 * @param entries of {@code base}
 */
record ContainerdFile(
        Path path,
        Optional<String> present,
        String base,
        long version,
        boolean declares,
        List<TomlEntry> entries) {

    /** What every containerd since 1.3 reads. */
    private static final int COMMON_VERSION = 2;

    private static final int NEWEST_VERSION = 3;

    ContainerdFile {
        entries = List.copyOf(entries);
    }

    /**
     * Reads it. Blocks for the disk.
     *
     * @throws CommandFailure if it cannot be read, is no TOML, or of a version that has no place
     *     for this runtime
     */
    static ContainerdFile read(Path path) throws IOException {
        if (!Files.exists(path)) {
            return new ContainerdFile(path, Optional.empty(), "", COMMON_VERSION, false, List.of());
        }
        String present = text(path);
        String base = MarkedBlock.isIn(present) ? MarkedBlock.removedFrom(present, path) : present;
        TomlDocument document = TomlFile.parse(base);
        if (!document.errors().isEmpty()) {
            TomlDocument.SyntaxError first = document.errors().getFirst();
            throw untouched(
                    path
                            + ":"
                            + first.position().line()
                            + ":"
                            + first.position().column()
                            + ": "
                            + first.text());
        }
        Optional<Object> version =
                document.entries().stream()
                        .filter(entry -> entry.table().isEmpty() && entry.key().equals("version"))
                        .map(TomlEntry::value)
                        .findFirst();
        if (version.isEmpty() && document.entries().isEmpty()) {
            return new ContainerdFile(
                    path, Optional.of(present), base, COMMON_VERSION, false, List.of());
        }
        Object number = version.orElse(1L);
        if (!(number instanceof Long known) || known < COMMON_VERSION || known > NEWEST_VERSION) {
            throw untouched(
                    path
                            + " has "
                            + (version.isEmpty()
                                    ? "no version, which makes it version 1"
                                    : "version = " + number)
                            + " (expected: version = 2, or 3 with containerd 2.x); convert it first:"
                            + " containerd's page on plugins tells how, and containerd 1.7 and later"
                            + " do it: containerd config migrate");
        }
        return new ContainerdFile(
                path, Optional.of(present), base, known, true, document.entries());
    }

    /** The CRI plugin's name in this version. */
    String criPlugin() {
        return version == COMMON_VERSION
                ? "io.containerd.grpc.v1.cri"
                : "io.containerd.cri.v1.runtime";
    }

    /** A line that names the version, for a file that needs one of its own. */
    String versionLine() {
        return "version = " + version + "\n";
    }

    /** A runtime's value in this file that an operator wrote. */
    Optional<TomlEntry> runtimeTypeOf(String name) {
        return entries.stream()
                .filter(
                        entry ->
                                entry.key().equals("runtime_type")
                                        && entry.table().size() > 1
                                        && entry.table()
                                                .subList(
                                                        entry.table().size() - 2,
                                                        entry.table().size())
                                                .equals(List.of("runtimes", name)))
                .findFirst();
    }

    /** Directories of which it imports all files that end with {@code .toml}. */
    List<Path> importedDirectories() {
        return entries.stream()
                .filter(entry -> entry.table().isEmpty() && entry.key().equals("imports"))
                .flatMap(entry -> entry.value() instanceof List<?> all ? all.stream() : null)
                .map(String::valueOf)
                .filter(pattern -> pattern.endsWith("/*.toml"))
                .map(pattern -> path.resolveSibling(pattern.substring(0, pattern.lastIndexOf('/'))))
                .toList();
    }

    /** The whole text of a file; strictly, since what is written must be what was read. */
    static String text(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw untouched(path + " is not a regular file (expected: a configuration file)");
        }
        if (Files.size(path) > TomlFile.MAX_BYTES) {
            throw untouched(
                    path + " has more than " + TomlFile.MAX_BYTES + " bytes (expected: less)");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(path)))
                    .toString();
        } catch (CharacterCodingException _) {
            throw untouched(path + " holds bytes that are not UTF-8 (expected: text)");
        } catch (AccessDeniedException _) {
            throw untouched(path + ": permission denied; try it as root");
        }
    }

    static CommandFailure untouched(String message) {
        return new CommandFailure(ExitCode.FAILED, message + "; nothing was changed");
    }
}
