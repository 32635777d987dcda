package io.saya.test.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Containerd;
import io.saya.test.Ran;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a client is told when a program cannot be started: the words are runc's, since clients go by
 * them. Of containers of a pod, which share one machine, and of execs.
 */
@WithProduct
@Timeout(600)
final class StartErrorsTest {
    private static final String ROOT =
            """
            echo data > bin/plain; echo data > bin/garbage; : > bin/empty; chmod 755 bin/garbage bin/empty
            printf '#!/no/interpreter\\n' > bin/script; printf '\\177ELF' > bin/half; chmod 755 bin/script bin/half
            ln -s loop2 bin/loop1; ln -s loop1 bin/loop2; ln -s /no/where bin/dangling
            mkdir bin/directory other; mkdir -m 700 secret; cp bin/busybox secret/prog
            cp bin/busybox bin/rooted; chmod 700 bin/rooted
            """;

    private static final String LONG = "x".repeat(300);

    /** Programs by the name of the case; a {@code !} in front: by a user who is not root. */
    private static final Map<String, String> PROGRAMS = programs();

    private static Map<String, String> programs() {
        Map<String, String> programs = new LinkedHashMap<>();
        programs.put("name, missing", "no-such");
        programs.put("path, missing", "/no/such");
        programs.put("relative, missing", "./no-such");
        programs.put("nothing", "");
        programs.put("name, not executable", "plain");
        programs.put("path, not executable", "/bin/plain");
        programs.put("name, directory", "directory");
        programs.put("path, directory", "/bin/directory");
        programs.put("path, root directory", "/");
        programs.put("path, through a file", "/bin/busybox/x");
        programs.put("name, loop", "loop1");
        programs.put("path, loop", "/bin/loop1");
        programs.put("name, dangling", "dangling");
        programs.put("path, dangling", "/bin/dangling");
        programs.put("name, long", LONG);
        programs.put("path, long", "/" + LONG);
        programs.put("path, no way there", "!/secret/prog");
        programs.put("path, somebody else's", "!/bin/rooted");
        programs.put("name, somebody else's", "!rooted");
        programs.put("name, garbage", "garbage");
        programs.put("path, garbage", "/bin/garbage");
        programs.put("path, empty", "/bin/empty");
        programs.put("path, half an ELF", "/bin/half");
        programs.put("path, no interpreter", "/bin/script");
        return programs;
    }

    /** Parts of a specification that are wrong, by the name of the case. */
    private static final Map<String, String[]> PROCESSES =
            Map.of(
                    "cwd, file", new String[] {"cwd", "\"/etc/passwd\""},
                    "cwd, through a file", new String[] {"cwd", "\"/etc/passwd/x\""},
                    "cwd, loop", new String[] {"cwd", "\"/bin/loop1\""},
                    "argument, too long",
                            new String[] {"args", "[\"true\",\"" + "x".repeat(140_000) + "\"]"},
                    "no PATH", new String[] {"env", "[\"A=b\"]"},
                    "PATH, nothing there", new String[] {"env", "[\"PATH=/nowhere\"]"},
                    "limit, soft above hard",
                            new String[] {
                                "rlimits", "[{\"type\":\"RLIMIT_NOFILE\",\"hard\":10,\"soft\":100}]"
                            },
                    "limit, unknown",
                            new String[] {
                                "rlimits", "[{\"type\":\"RLIMIT_FOO\",\"hard\":1,\"soft\":1}]"
                            });

    private static final Map<String, String> MOUNTS =
            Map.of(
                    "mount, source missing",
                            Specification.mount("/other", "bind", "/no/source", "rbind"),
                    "mount, directory on a file",
                            Specification.mount("/etc/passwd", "bind", "/usr", "rbind"),
                    "mount, file on a directory",
                            Specification.mount("/other", "bind", "/etc/passwd", "rbind"),
                    "mount, unknown type", Specification.mount("/other", "nofs", "x"),
                    "mount, unknown option", Specification.mount("/other", "tmpfs", "x", "nope=1"));

    @Test
    void aStartThatFailsIsToldInTheWordsOfRunc() throws IOException {
        var runc = told(SideBySide.RUNC);
        var saya = told(Containerd.runtime());
        System.out.println(table(runc, saya));
        assertThat(runc).hasSizeGreaterThan(55);
        assertThat(Differences.under("Start errors").unwanted(runc, saya))
                .as("what differs from runc, and is not in the table of test/README.md")
                .isEmpty();
    }

    private static Map<String, String> told(String runtime) {
        Map<String, String> told = new TreeMap<>();
        try (var side = new SideBySide(ROOT)) {
            var pod = side.newId();
            side.start(
                    runtime,
                    pod,
                    side.specification("sh", "-c", "trap : TERM; while :; do sleep 1; done")
                            .inPod(pod, true));
            try {
                for (var program : PROGRAMS.entrySet()) {
                    boolean other = program.getValue().startsWith("!");
                    var name = other ? program.getValue().substring(1) : program.getValue();
                    var specification = side.specification(name).inPod(pod, false);
                    told.put(
                            "container: " + program.getKey(),
                            create(
                                    side,
                                    runtime,
                                    other
                                            ? specification.withProcess(
                                                    "user", "{\"uid\":1234,\"gid\":1234}")
                                            : specification));
                    told.put(
                            "exec: " + program.getKey(),
                            words(
                                    side.exec(
                                            pod,
                                            other ? List.of("--user", "1234:1234") : List.of(),
                                            name)));
                }
                PROCESSES.forEach(
                        (name, part) ->
                                told.put(
                                        "container: " + name,
                                        create(
                                                side,
                                                runtime,
                                                side.specification("true")
                                                        .withProcess(part[0], part[1])
                                                        .inPod(pod, false))));
                MOUNTS.forEach(
                        (name, mount) ->
                                told.put(
                                        "container: " + name,
                                        create(
                                                side,
                                                runtime,
                                                side.specification("true")
                                                        .withMount(mount)
                                                        .inPod(pod, false))));
                told.put(
                        "container: sysctl, unknown",
                        create(
                                side,
                                runtime,
                                side.specification("true")
                                        .withLinux("sysctl", "{\"kernel.nope\":\"1\"}")
                                        .inPod(pod, false)));
                for (var directory : List.of("/no/cwd", "/etc/passwd", "/bin/loop1")) {
                    told.put(
                            "exec: cwd " + directory,
                            words(side.exec(pod, List.of("--cwd", directory), "true")));
                }
            } finally {
                side.remove(pod);
            }
        }
        return told;
    }

    private static String create(SideBySide side, String runtime, Specification specification) {
        return words(side.run(runtime, side.newId(), specification));
    }

    /** The status that Docker would exit with, and the cause without what is put before it. */
    private static String words(Ran ran) {
        var lines = new ArrayList<>(ran.err().lines().toList());
        var text = String.join("; ", lines).strip();
        int cause = text.indexOf("unable to start container process: ");
        boolean refused = text.startsWith("ctr: ");
        var words = (cause >= 0 ? text.substring(cause) : text).replaceFirst(": unknown$", "");
        return "%s %s".formatted(refused ? docker(words) : "exits " + ran.status(), words);
    }

    /** Exit code of {@code docker run} when it is told this. */
    private static int docker(String words) {
        if (words.contains("executable file not found")
                || words.contains("no such file or directory")
                || words.contains("system cannot find the file specified")) {
            return 127;
        }
        return words.contains("permission denied")
                        || words.contains("not a directory")
                        || words.contains("is a directory")
                ? 126
                : 125;
    }

    private static String table(Map<String, String> runc, Map<String, String> saya) {
        var text = new StringBuilder();
        runc.forEach(
                (name, words) ->
                        text.append(name)
                                .append("\n  runc ")
                                .append(words)
                                .append("\n  saya ")
                                .append(saya.getOrDefault(name, "-"))
                                .append('\n'));
        return text.toString();
    }
}
