package io.saya.cli.check;

import io.saya.cli.host.HostFiles;
import io.saya.cli.host.Program;
import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlEntry;
import io.saya.config.toml.TomlFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks that a container manager is told to call this runtime, and that it finds the program. */
final class HandlerChecks {
    /** The name of this check. */
    static final String NAME = "handler";

    private static final String RUNTIME_TYPE = "io.containerd.saya.v2";
    private static final String SHIM = "containerd-shim-saya-v2";
    private static final String CONTAINERD = "/etc/containerd/config.toml";
    private static final String CONTAINERD_DROP_INS = "/etc/containerd/conf.d";
    private static final String CRIO = "/etc/crio/crio.conf.d";
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** The directories in which systemd's services look for programs. */
    private static final List<String> SERVICE_PATH =
            List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin");

    private static final Pattern VERSION =
            Pattern.compile("\\bv?(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})");

    private static final String REGISTER =
            "for Kubernetes, register it: saya install --containerd. `ctr run --runtime "
                    + RUNTIME_TYPE
                    + "` only needs bin/"
                    + SHIM
                    + " on containerd's PATH";

    private HandlerChecks() {}

    static Finding handler(CheckedHost host) {
        return handler(host, HandlerChecks::containerdVersion);
    }

    /**
     * @param containerd what containerd says of its version; empty if there is none
     */
    static Finding handler(CheckedHost host, Supplier<String> containerd) {
        for (String file : host.files().names(CRIO)) {
            String path = CRIO + "/" + file;
            if (host.files().text(path).contains(SHIM)) {
                return crio(host.files(), path);
            }
        }
        for (String name : host.files().names(CONTAINERD_DROP_INS)) {
            String path = CONTAINERD_DROP_INS + "/" + name;
            if (host.files().text(path).contains(RUNTIME_TYPE)) {
                return read(host.files(), path, containerd);
            }
        }
        if (!host.files().exists(CONTAINERD)) {
            return Finding.warn(NAME, "there is no " + CONTAINERD, REGISTER);
        }
        return read(host.files(), CONTAINERD, containerd);
    }

    private static Finding read(HostFiles files, String path, Supplier<String> containerd) {
        return read(files, path, entries -> containerd(files, path, entries, containerd));
    }

    private static Finding read(
            HostFiles files, String path, Function<List<TomlEntry>, Finding> judge) {
        try {
            TomlDocument document = TomlFile.read(files.at(path));
            if (!document.errors().isEmpty()) {
                TomlDocument.SyntaxError first = document.errors().getFirst();
                return Finding.warn(
                        NAME,
                        path + ":" + first.position().line() + ": " + first.text(),
                        "correct it; its reader cannot read it either");
            }
            return judge.apply(document.entries());
        } catch (IOException e) {
            return Finding.warn(NAME, path + " " + e.getMessage(), REGISTER);
        }
    }

    private static Finding containerd(
            HostFiles files, String file, List<TomlEntry> entries, Supplier<String> containerd) {
        for (TomlEntry entry : entries) {
            if (!entry.key().equals("runtime_type") || !RUNTIME_TYPE.equals(entry.value())) {
                continue;
            }
            String found =
                    file
                            + ":"
                            + entry.position().line()
                            + ": runtime '"
                            + entry.table().getLast()
                            + "'";
            Optional<TomlEntry> path = beside(entries, entry, "runtime_path");
            boolean onPath =
                    SERVICE_PATH.stream().anyMatch(place -> files.exists(place + "/" + SHIM));
            if (path.isPresent() && !onPath) {
                String version = containerd.get();
                if (ignoresRuntimePath(version)) {
                    return Finding.warn(
                            NAME,
                            found + ", but this containerd ignores its runtime_path: " + version,
                            "use containerd 1.6.21, 1.7.1 or later, or link the shim to where"
                                    + " containerd looks: ln -s "
                                    + path.get().value()
                                    + " /usr/local/bin/"
                                    + SHIM);
                }
            }
            return Finding.pass(NAME, found);
        }
        return Finding.warn(NAME, CONTAINERD + " has no runtime of type " + RUNTIME_TYPE, REGISTER);
    }

    /** CRI-O makes the paths of a container's FIFOs from {@code runtime_root}. */
    private static Finding crio(HostFiles files, String path) {
        return read(
                files,
                path,
                entries -> {
                    for (TomlEntry entry : entries) {
                        if (!entry.key().equals("runtime_path")
                                || !String.valueOf(entry.value()).endsWith("/" + SHIM)) {
                            continue;
                        }
                        String root =
                                beside(entries, entry, "runtime_root")
                                        .map(found -> String.valueOf(found.value()))
                                        .orElse("");
                        if (!root.startsWith("/")) {
                            return Finding.fail(
                                    NAME,
                                    path
                                            + ":"
                                            + entry.position().line()
                                            + ": CRI-O's runtime '"
                                            + entry.table().getLast()
                                            + "' has "
                                            + (root.isEmpty()
                                                    ? "no runtime_root"
                                                    : "runtime_root = \"" + root + '"')
                                            + " (expected: an absolute path): no container starts",
                                    "add runtime_root = \"/run/saya-crio\" beside runtime_path");
                        }
                    }
                    return Finding.pass(NAME, "CRI-O: " + path);
                });
    }

    private static Optional<TomlEntry> beside(
            List<TomlEntry> entries, TomlEntry entry, String key) {
        return entries.stream()
                .filter(other -> other.table().equals(entry.table()) && other.key().equals(key))
                .findFirst();
    }

    /**
     * True if containerd's CRI plugin looks for the shim on PATH only: up to 1.6.20, and 1.7.0.
     *
     * @param text what it says of its version; one that says none is taken for a newer one
     */
    static boolean ignoresRuntimePath(String text) {
        Matcher version = VERSION.matcher(text);
        if (!version.find()) {
            return false;
        }
        int major = Integer.parseInt(version.group(1));
        int minor = Integer.parseInt(version.group(2));
        int patch = Integer.parseInt(version.group(3));
        if (major != 1) {
            return false;
        }
        return minor < 6 || (minor == 6 && patch <= 20) || (minor == 7 && patch == 0);
    }

    private static String containerdVersion() {
        for (String place : SERVICE_PATH) {
            Path program = Path.of(place, "containerd");
            try {
                return Program.run(LIMIT, program, "--version").firstLine();
            } catch (IOException e) {
                // Not there; the next place may have it.
            }
        }
        return "";
    }
}
