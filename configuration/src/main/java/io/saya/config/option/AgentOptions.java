package io.saya.config.option;

import io.saya.config.AgentConfig.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** {@code [agent.kata]}. */
public final class AgentOptions {

    private static final Rows ROWS = new Rows(Section.AGENT);
    private static final String FIXED_PORT = "the agent's ports are fixed";
    private static final String PASSFD = "stdio goes through the agent's protocol";

    public static final Option<Transport> TRANSPORT =
            ROWS.row(
                            "transport",
                            new ChoiceType<Transport>()
                                    .word("auto", Transport.AUTO)
                                    .word("virtio-serial", Transport.VIRTIO_SERIAL)
                                    .word("vsock", Transport.VSOCK)
                                    .word("hybrid-vsock", Transport.HYBRID_VSOCK),
                            Transport.AUTO)
                    .known(Option.Known.OURS)
                    .annotated()
                    .help(
                            "How the agent is reached. \"auto\" is a virtio-serial port for the"
                                    + " default guest; for others hybrid vsock where its daemon is"
                                    + " found, else vsock where the host has /dev/vhost-vsock, which"
                                    + " any user of the host can connect to. Agents of Kata 2.x and"
                                    + " later listen on vsock only.");

    public static final Option<Path> VSOCK_DAEMON =
            ROWS.optionalPath("vhost_user_vsock_daemon")
                    .known(Option.Known.OURS)
                    .mustBe(PathCheck.EXECUTABLE)
                    .help(
                            "The vhost-device-vsock binary, for transport \"hybrid-vsock\". Empty:"
                                    + " the first of /usr/libexec, /usr/bin and /usr/local/bin that"
                                    + " has it.");

    public static final Option<Boolean> ENABLE_DEBUG =
            ROWS.flag("enable_debug", false).help("The agent logs everything.");

    public static final Option<String> LOG_LEVEL =
            ROWS.row(
                            "log_level",
                            Rows.oneOf("trace", "debug", "info", "warn", "error", "critical")
                                    .synonym("warning", "warn"),
                            "info")
                    .known(Option.Known.RUST)
                    .help("How much the agent logs; enable_debug wins.");

    public static final Option<Boolean> ENABLE_TRACING =
            ROWS.flag("enable_tracing", false)
                    .annotated()
                    .help(
                            "The agent of a guest of Kata's traces its calls, where it is reached by"
                                    + " \"vsock\". Its spans go to port 10240 of the host's vsock:"
                                    + " Kata's trace forwarder is to listen there.");

    public static final Option<List<String>> KERNEL_MODULES =
            ROWS.texts("kernel_modules", List.of(), ListType.Separator.SEMICOLON)
                    .annotated()
                    .help(
                            "Modules that the agent loads before the first container, each with its"
                                    + " parameters: \"NAME PARAMETER=VALUE\". As an annotation they"
                                    + " are separated by semicolons.");

    public static final Option<Boolean> DEBUG_CONSOLE_ENABLED =
            ROWS.flag("debug_console_enabled", false)
                    .help(
                            "Allow a shell in the guest. Whoever may start it can see and change"
                                    + " everything in the sandbox.");

    public static final Option<Duration> DIAL_TIMEOUT =
            ROWS.seconds("dial_timeout", 45, 1)
                    .alsoSpelled(
                            Section.AGENT,
                            "reconnect_timeout_ms",
                            new DurationType(
                                    DurationType.Unit.MILLISECONDS, 1, Duration.ofSeconds(10)),
                            "the Rust runtime's limit of all attempts together; what is shorter"
                                    + " than 10 s is taken for 10 s, as a guest without KVM needs"
                                    + " longer than the 3 s of that runtime's file")
                    .help("How long the guest may take from QEMU's start until its agent answers.");

    public static final Option<Duration> DIAL_TIMEOUT_MS =
            ROWS.row("dial_timeout_ms", Rows.milliseconds(0), Duration.ofMillis(10))
                    .known(Option.Known.RUST)
                    .withoutEffect(
                            "the Rust runtime tries anew at this pace; here the agent is reached as"
                                    + " soon as it is up, within dial_timeout")
                    .help("Limit of a single attempt to reach the agent.");

    public static final Option<Duration> HEALTH_CHECK_TIMEOUT =
            ROWS.row(
                            "health_check_request_timeout_ms",
                            Rows.milliseconds(100),
                            Duration.ofSeconds(30))
                    .known(Option.Known.RUST)
                    .help("How long the agent may take to answer a health check.");

    public static final Option<Duration> CDH_API_TIMEOUT =
            ROWS.seconds("cdh_api_timeout", 50, 0)
                    .known(Option.Known.GO)
                    .withoutEffect("confidential guests are not supported")
                    .help("Limit of calls to the confidential data hub.");

    public static final Option<Duration> CDH_API_TIMEOUT_MS =
            ROWS.row("cdh_api_timeout_ms", Rows.milliseconds(0), Duration.ofSeconds(50))
                    .known(Option.Known.RUST)
                    .annotated()
                    .withoutEffect("confidential guests are not supported")
                    .help("Limit of calls to the confidential data hub.");

    public static final Option<Duration> LAUNCH_PROCESS_TIMEOUT =
            ROWS.seconds("launch_process_timeout", 0, 0)
                    .neutral(Duration.ofSeconds(6))
                    .withoutEffect("confidential guests are not supported")
                    .help("Limit for starting the components of a confidential guest.");

    public static final Option<Boolean> VISIBLE_CDI_DEVICES =
            ROWS.flag("visible_cdi_devices", false)
                    .withoutEffect("containers get the devices that their specifications name")
                    .help("Show devices named by CDI to all containers.");

    public static final Option<Long> CONTAINER_PIPE_SIZE =
            ROWS.count("container_pipe_size", 0, 0, "bytes")
                    .known(Option.Known.RUST)
                    .annotated()
                    .help(
                            "Size of the pipes of a container's standard streams in the guest; 0:"
                                    + " the kernel's. For agents of Kata; the default guest's pipes"
                                    + " have the kernel's.");

    public static final Option<String> POLICY =
            ROWS.row("policy", new PolicyType(), "")
                    .known(Option.Known.RUST)
                    .annotated()
                    .help(
                            "Policy, in Rego or that in base64, that the agent enforces. Sent"
                                    + " before anything else is asked of it; a sandbox does not start"
                                    + " whose agent takes none, as the default guest's.");

    public static final Option<Long> SERVER_PORT =
            ROWS.count("server_port", 1024, 1, 4294967295L, "")
                    .known(Option.Known.RUST)
                    .withoutEffect(FIXED_PORT)
                    .help("vsock port of the agent.");

    public static final Option<Long> LOG_PORT =
            ROWS.count("log_port", 1025, 0, 4294967295L, "")
                    .known(Option.Known.RUST)
                    .neutral(0L)
                    .withoutEffect(
                            "with enable_debug, a guest that is reached by vsock gets 1025; else"
                                    + " the agent logs to the guest's console, whose end stands in"
                                    + " errors")
                    .help("vsock port of the agent's log.");

    public static final Option<Long> PASSFD_LISTENER_PORT =
            ROWS.count("passfd_listener_port", 0, 0, 4294967295L, "")
                    .known(Option.Known.RUST)
                    .neutral(1027L)
                    .withoutEffect(PASSFD)
                    .help("vsock port for standard streams.");

    public static final Option<String> TRACE_MODE =
            ROWS.row("trace_mode", Rows.oneOf("", "dynamic", "static"), "")
                    .known(Option.Known.KATA_1)
                    .neutral("dynamic", "static")
                    .withoutEffect("traces of the agent are not collected")
                    .help("When tracing begins.");

    public static final Option<String> TRACE_TYPE =
            ROWS.row("trace_type", Rows.oneOf("", "isolated", "collated"), "")
                    .known(Option.Known.KATA_1)
                    .neutral("isolated", "collated")
                    .withoutEffect("traces of the agent are not collected")
                    .help("How traces are joined.");

    private AgentOptions() {}

    static List<Option<?>> rows() {
        return ROWS.rows();
    }
}
