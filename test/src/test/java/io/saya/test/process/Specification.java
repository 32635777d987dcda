package io.saya.test.process;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * An OCI specification as containerd's client writes one, with parts to be replaced. Parts are JSON
 * text.
 */
record Specification(
        Path root,
        Map<String, String> process,
        Map<String, String> linux,
        Map<String, String> annotations,
        List<String> mounts) {
    private static final String CAPABILITIES =
            """
            ["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FSETID","CAP_FOWNER","CAP_MKNOD","CAP_NET_RAW","CAP_SETGID","CAP_SETUID",
            "CAP_SETFCAP","CAP_SETPCAP","CAP_NET_BIND_SERVICE","CAP_SYS_CHROOT","CAP_KILL","CAP_AUDIT_WRITE"]""";

    Specification(Path root, List<String> args) {
        this(
                root,
                Map.of(
                        "args",
                        args.stream()
                                .map(Specification::quoted)
                                .collect(Collectors.joining(",", "[", "]")),
                        "cwd",
                        "\"/\"",
                        "env",
                        "[\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\"]",
                        "user",
                        "{\"uid\":0,\"gid\":0}",
                        "noNewPrivileges",
                        "true",
                        "rlimits",
                        "[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}]",
                        "capabilities",
                        "{\"bounding\":%1$s,\"effective\":%1$s,\"permitted\":%1$s}"
                                .formatted(CAPABILITIES)),
                Map.of(
                        "namespaces",
                        "[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"network\"}]",
                        "maskedPaths",
                        """
                        ["/proc/acpi","/proc/asound","/proc/kcore","/proc/keys","/proc/latency_stats","/proc/timer_list",
                        "/proc/timer_stats","/proc/sched_debug","/sys/firmware","/proc/scsi"]""",
                        "readonlyPaths",
                        "[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]",
                        "resources",
                        """
                        {"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":67108864},"pids":{"limit":321},
                        "cpu":{"quota":50000,"period":100000}}"""),
                Map.of(),
                List.of(
                        mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
                        mount(
                                "/dev",
                                "tmpfs",
                                "tmpfs",
                                "nosuid",
                                "strictatime",
                                "mode=755",
                                "size=65536k"),
                        mount(
                                "/dev/pts",
                                "devpts",
                                "devpts",
                                "nosuid",
                                "noexec",
                                "newinstance",
                                "ptmxmode=0666",
                                "mode=0620",
                                "gid=5"),
                        mount(
                                "/dev/shm",
                                "tmpfs",
                                "shm",
                                "nosuid",
                                "noexec",
                                "nodev",
                                "mode=1777",
                                "size=65536k"),
                        mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
                        mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
                        mount(
                                "/sys/fs/cgroup",
                                "cgroup",
                                "cgroup",
                                "nosuid",
                                "noexec",
                                "nodev",
                                "relatime",
                                "ro"),
                        mount(
                                "/run",
                                "tmpfs",
                                "tmpfs",
                                "nosuid",
                                "strictatime",
                                "mode=755",
                                "size=65536k")));
    }

    static String mount(String destination, String type, String source, String... options) {
        return "{\"destination\":%s,\"type\":%s,\"source\":%s,\"options\":%s}"
                .formatted(
                        quoted(destination),
                        quoted(type),
                        quoted(source),
                        List.of(options).stream()
                                .map(Specification::quoted)
                                .collect(Collectors.joining(",", "[", "]")));
    }

    Specification withProcess(String name, String json) {
        return new Specification(root, with(process, name, json), linux, annotations, mounts);
    }

    Specification withLinux(String name, String json) {
        return new Specification(root, process, with(linux, name, json), annotations, mounts);
    }

    Specification withMount(String mount) {
        var more = new java.util.ArrayList<>(mounts);
        more.add(mount);
        return new Specification(root, process, linux, annotations, more);
    }

    /** A container of a pod: the first one is the sandbox, and named by the others. */
    Specification inPod(String sandbox, boolean first) {
        return new Specification(
                root,
                process,
                linux,
                Map.of(
                        "io.kubernetes.cri.container-type",
                        quoted(first ? "sandbox" : "container"),
                        "io.kubernetes.cri.sandbox-id",
                        quoted(sandbox)),
                mounts);
    }

    String json() {
        return """
               {"ociVersion":"1.0.2","process":%s,"root":{"path":%s},"linux":%s,"annotations":%s,"mounts":[%s]}"""
                .formatted(
                        object(process),
                        quoted(root.toString()),
                        object(linux),
                        object(annotations),
                        String.join(",", mounts));
    }

    static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }

    private static Map<String, String> with(Map<String, String> map, String name, String json) {
        var changed = new LinkedHashMap<>(map);
        changed.put(name, json);
        return changed;
    }

    private static String object(Map<String, String> members) {
        return members.entrySet().stream()
                .map(member -> quoted(member.getKey()) + ":" + member.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }
}
