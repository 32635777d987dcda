package io.saya.cli.install;

import io.saya.cli.Called;
import io.saya.cli.call.Invocation;
import io.saya.cli.host.HostFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;

/**
 * A host that is a directory, with an installation in it. Programs are this machine's, after those
 * that a test puts into its directory {@code programs}.
 */
record TestHost(Path root) {

    static TestHost in(Path directory) throws IOException {
        TestHost host = new TestHost(directory.resolve("host"));
        for (String made :
                new String[] {
                    "etc", "usr/local/bin", "usr/local/sbin", "usr/bin", "usr/sbin", "opt/saya/bin"
                }) {
            Files.createDirectories(host.root.resolve(made));
        }
        Files.createDirectories(host.programs());
        host.program(host.installation().resolve("bin/containerd-shim-saya-v2"), "exit 0");
        return host;
    }

    Path installation() {
        return root.resolve("opt/saya");
    }

    Path programs() {
        return root.resolveSibling("programs");
    }

    Path at(String path) {
        return root.resolve(path.substring(1));
    }

    void file(String path, String text) throws IOException {
        Files.createDirectories(java.util.Objects.requireNonNull(at(path).getParent()));
        Files.writeString(at(path), text);
    }

    String text(String path) throws IOException {
        return Files.readString(at(path));
    }

    void program(Path file, String script) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    Called install(String... words) {
        return call(true, words);
    }

    Called uninstall(String... words) {
        return call(false, words);
    }

    private Called call(boolean install, String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Invocation invocation =
                new Invocation(
                        installation(),
                        Map.of(
                                "PATH",
                                programs() + ":/usr/bin",
                                "SAYA_CONF_FILE",
                                root.resolveSibling("configuration.toml").toString(),
                                "SAYA_RUN_DIR",
                                root.resolveSibling("run").toString()),
                        new PrintWriter(out, true),
                        new PrintWriter(err, true));
        HostFiles files = new HostFiles(root);
        Object command =
                install
                        ? new InstallCommand(invocation, files)
                        : new UninstallCommand(invocation, files);
        int exitCode =
                new CommandLine(command)
                        .setExecutionExceptionHandler(
                                (failure, _, _) -> {
                                    err.append(String.valueOf(failure));
                                    return 1;
                                })
                        .execute(words);
        invocation.out().flush();
        invocation.err().flush();
        return new Called(exitCode, out.toString(), err.toString());
    }

    /** Everything in it: names, with contents, targets of links, and modes. */
    Map<String, String> everything() throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (var paths = Files.walk(root)) {
            for (Path path : paths.toList()) {
                String name = root.relativize(path).toString();
                if (Files.isSymbolicLink(path)) {
                    all.put(name, "-> " + Files.readSymbolicLink(path));
                } else {
                    String mode =
                            PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
                    all.put(name, mode + (Files.isRegularFile(path) ? " " + hex(path) : ""));
                }
            }
        }
        return all;
    }

    private static String hex(Path file) throws IOException {
        return java.util.HexFormat.of().formatHex(Files.readAllBytes(file));
    }
}
