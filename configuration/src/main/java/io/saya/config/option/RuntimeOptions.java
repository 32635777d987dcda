package io.saya.config.option;

import io.saya.config.RuntimeSettings.EmptyDirMode;
import io.saya.config.RuntimeSettings.InternetworkingModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** {@code [runtime]}. */
public final class RuntimeOptions {

    private static final Rows ROWS = new Rows(Section.RUNTIME);

    public static final Option<Boolean> ENABLE_DEBUG =
            ROWS.flag("enable_debug", false).help("Log level debug instead of info.");

    public static final Option<InternetworkingModel> INTERNETWORKING_MODEL =
            ROWS.row(
                            "internetworking_model",
                            new ChoiceType<InternetworkingModel>()
                                    .word("tcfilter", InternetworkingModel.TCFILTER)
                                    .word("macvtap", InternetworkingModel.MACVTAP)
                                    .word("none", InternetworkingModel.NONE)
                                    .refused(
                                            "l3forwarding",
                                            "it is the Rust runtime's; write \"tcfilter\""),
                            InternetworkingModel.TCFILTER)
                    .annotated()
                    .help("How the pod's interface is joined to the guest's.");

    public static final Option<Boolean> DISABLE_NEW_NETNS =
            ROWS.flag("disable_new_netns", false)
                    .annotated()
                    .help(
                            "Stay in the host's network namespace. Needs internetworking_model ="
                                    + " \"none\".");

    public static final Option<Boolean> DISABLE_GUEST_SECCOMP =
            ROWS.flag("disable_guest_seccomp", false)
                    .annotated()
                    .help(
                            "Do not send the containers' seccomp profiles to the guest. Kata's"
                                    + " default, and what its files say, is true; without the key"
                                    + " they are sent to agents that can apply them.");

    public static final Option<Boolean> ENABLE_VCPUS_PINNING =
            ROWS.flag("enable_vcpus_pinning", false)
                    .annotated()
                    .help(
                            "Bind each virtual CPU to one CPU of the host, where the containers of"
                                    + " the pod are bound to as many CPUs as the machine has; else"
                                    + " none. Needs /usr/bin/taskset (util-linux).");

    public static final Option<String> GUEST_SELINUX_LABEL =
            ROWS.text("guest_selinux_label", "")
                    .alsoSpelled(Section.HYPERVISOR, "selinux_label")
                    .neutral("system_u:system_r:container_t")
                    .withoutEffect("labels are not sent to the guest")
                    .help("SELinux label of processes in the guest.");

    public static final Option<Boolean> ENABLE_TRACING =
            ROWS.flag("enable_tracing", false)
                    .help(
                            "Export spans of the start and of containerd's calls, by OTLP over HTTP.");

    public static final Option<String> JAEGER_ENDPOINT =
            ROWS.text("jaeger_endpoint", "")
                    .help(
                            "Where traces are sent: the URL of an OTLP collector,"
                                    + " http://HOST[:4318][/v1/traces]; empty: this node's. Jaeger"
                                    + " takes OTLP itself, and its old path /api/traces means"
                                    + " /v1/traces here.");

    public static final Option<String> JAEGER_USER =
            ROWS.text("jaeger_user", "").help("User for that.");

    public static final Option<String> JAEGER_PASSWORD =
            ROWS.text("jaeger_password", "").secret().help("Password for that.");

    public static final Option<Long> DAEMON_RESTARTS =
            ROWS.count("daemon_restarts", 3, 0, 10, "")
                    .known(Option.Known.OURS)
                    .help(
                            "How often within an hour a daemon that dies is followed by another"
                                    + " one, which goes on with the sandbox. 0: a sandbox ends with"
                                    + " its daemon. Needs the default guest at its serial port.");

    public static final Option<Boolean> KEEP_ABNORMAL =
            ROWS.flag("keep_abnormal", false)
                    .known(Option.Known.RUST)
                    .help(
                            "Keep a sandbox whose agent does not answer, or is lost, so that its"
                                    + " console and its machine can be looked at. Kill ends it as"
                                    + " ever; a machine that has ended is not kept.");

    public static final Option<Boolean> SANDBOX_CGROUP_ONLY =
            ROWS.flag("sandbox_cgroup_only", false)
                    .annotated()
                    .help(
                            "All processes of a sandbox in the pod's cgroup, the runtime's own too;"
                                    + " a sandbox that cannot be there does not start. Without it:"
                                    + " QEMU and virtiofsd, where possible.");

    public static final Option<Boolean> STATIC_SANDBOX_RESOURCE_MGMT =
            ROWS.flag("static_sandbox_resource_mgmt", false)
                    .help(
                            "Kata's static sizes: default_vcpus and default_memory plus what the"
                                    + " pod's containers may use in sum, as the container manager"
                                    + " tells it, and no other size later.");

    public static final Option<List<Path>> SANDBOX_BIND_MOUNTS =
            ROWS.paths("sandbox_bind_mounts")
                    .annotated()
                    .refused("nothing but the containers' own files is shared")
                    .help("Host paths that the guest sees read-only.");

    public static final Option<String> VFIO_MODE =
            ROWS.row("vfio_mode", Rows.oneOf("guest-kernel", "vfio"), "guest-kernel")
                    .annotated()
                    .withoutEffect("the guest's kernel drives what is passed through")
                    .help("What a passed-through device is to the container.");

    public static final Option<Boolean> DISABLE_GUEST_EMPTY_DIR =
            ROWS.flag("disable_guest_empty_dir", true)
                    .known(Option.Known.GO)
                    .withoutEffect("emptyDir volumes stay on the shared file system")
                    .help("Keep emptyDir volumes on the shared file system.");

    public static final Option<EmptyDirMode> EMPTYDIR_MODE =
            ROWS.row(
                            "emptydir_mode",
                            new ChoiceType<EmptyDirMode>()
                                    .word("shared-fs", EmptyDirMode.SHARED_FS)
                                    .word("block-plain", EmptyDirMode.BLOCK_PLAIN)
                                    .refused("block-encrypted", "disks are not encrypted"),
                            EmptyDirMode.SHARED_FS)
                    .annotated()
                    .help(
                            "Where an emptyDir volume on disk lives. \"block-plain\": on an ext4 of"
                                    + " the guest's own, in a sparse file in the volume's directory on"
                                    + " the host: quick and complete, but not for pods that mount a"
                                    + " subPath of it. Needs the default guest.");

    public static final Option<Boolean> FORWARD_SOCKETS =
            ROWS.flag("forward_sockets", false)
                    .known(Option.Known.OURS)
                    .annotated()
                    .help(
                            "Containers can connect to those of the host's Unix sockets in their"
                                    + " volumes that valid_socket_paths admits. Needs the default"
                                    + " guest.");

    public static final Option<List<String>> VALID_SOCKET_PATHS =
            ROWS.texts("valid_socket_paths", List.of())
                    .known(Option.Known.OURS)
                    .help(
                            "Globs. The host's Unix sockets that forward_sockets is about, by their"
                                    + " paths without links (/run/..., not /var/run/...). One that is"
                                    + " in a directory is forwarded where a volume shows that"
                                    + " read-only, or is the socket itself. Who listens there has"
                                    + " to trust the whole pod as it trusts root.");

    public static final Option<List<String>> EXPERIMENTAL =
            ROWS.texts("experimental", List.of())
                    .annotated()
                    .refused("there are no experimental features")
                    .help("Experimental features.");

    public static final Option<Boolean> EXPERIMENTAL_FORCE_GUEST_PULL =
            ROWS.flag("experimental_force_guest_pull", false)
                    .known(Option.Known.GO)
                    .annotated()
                    .refused("images are pulled by containerd, on the host")
                    .help("Pull images inside the guest.");

    public static final Option<Boolean> ENABLE_PPROF =
            ROWS.flag("enable_pprof", false)
                    .annotated()
                    .withoutEffect("it is a profiler of Go programs")
                    .help("Profiles on the management socket.");

    public static final Option<Duration> CREATE_CONTAINER_TIMEOUT =
            ROWS.seconds("create_container_timeout", 60, 1)
                    .alsoSpelled(Section.AGENT, "create_container_timeout")
                    // Where it stands in the files of Kata 3.24 to 3.28, below the wrong line.
                    .alsoSpelled(Section.MEM_AGENT, "create_container_timeout")
                    .annotated()
                    .help("How long the agent may take to create a container.");

    public static final Option<Path> DAN_CONF =
            ROWS.path("dan_conf", "/run/kata-containers/dans")
                    .help(
                            "Directory of descriptions of directly attached networks. A sandbox"
                                    + " for which it has a file ID.json is not started: they are"
                                    + " not supported.");

    public static final Option<Path> KUBELET_ROOT_DIR =
            ROWS.path("kubelet_root_dir", "/var/lib/kubelet")
                    .known(Option.Known.GO)
                    .withoutEffect("volumes of the kubelet's are known by the end of their path")
                    .help("Root by which the volumes of ConfigMaps and Secrets are recognised.");

    public static final Option<String> POD_RESOURCE_API_SOCK =
            ROWS.text("pod_resource_api_sock", "")
                    .withoutEffect("containers get the devices that their specifications name")
                    .help("The kubelet's socket that tells which devices a pod has.");

    static {
        String one = "this runtime has one of a kind";
        ROWS.text("name", "virt_container")
                .known(Option.Known.RUST)
                .annotated()
                .withoutEffect(one)
                .help("Runtime handler.");
        ROWS.row(
                        "hypervisor_name",
                        Rows.oneOf("qemu")
                                .refused("dragonball", "only QEMU is supported")
                                .refused("clh", "only QEMU is supported")
                                .refused("cloud-hypervisor", "only QEMU is supported")
                                .refused("firecracker", "only QEMU is supported"),
                        "qemu")
                .known(Option.Known.RUST)
                .annotated()
                .withoutEffect(one)
                .help("VMM.");
        ROWS.text("agent_name", "kata")
                .known(Option.Known.RUST)
                .annotated()
                .withoutEffect(one)
                .help("Agent.");
        ROWS.row("shared_mounts", new OpaqueType("[table]"), (Object) List.of())
                .known(Option.Known.RUST)
                .annotated()
                .refused("mounts are not shared between containers")
                .help("Mounts shared between containers of a pod.");
        ROWS.flag("use_passfd_io", false)
                .known(Option.Known.RUST)
                .neutral(true)
                .withoutEffect("stdio goes through the agent's protocol")
                .help("Standard streams by vsock.");
        ROWS.count("passfd_listener_port", 0, 0, 4294967295L, "")
                .known(Option.Known.RUST)
                .neutral(1027L)
                .withoutEffect("stdio goes through the agent's protocol")
                .help("vsock port for standard streams.");
        ROWS.row("log_level", new OpaqueType("string"), (Object) "info")
                .known(Option.Known.RUST)
                .withoutEffect("use enable_debug")
                .help("How much the runtime logs.");
        ROWS.text("log_prefix", "")
                .known(Option.Known.RUST)
                .withoutEffect("log lines have fields")
                .help("Text before each log line.");
        ROWS.flag("disable_selinux", false)
                .known(Option.Known.GO)
                .neutral(true)
                .withoutEffect("QEMU gets no SELinux label")
                .help("Old place of disable_selinux of [hypervisor.qemu].");
        ROWS.flag("enable_agent_pidns", false)
                .known(Option.Known.KATA_1)
                .withoutEffect("containers have a PID namespace of their own")
                .help("Containers join the agent's PID namespace.");
    }

    private RuntimeOptions() {}

    static List<Option<?>> rows() {
        return ROWS.rows();
    }
}
