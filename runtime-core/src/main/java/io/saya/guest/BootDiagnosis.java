package io.saya.guest;

import io.saya.config.MachineConfig;
import io.saya.config.RuntimeConfig;
import io.saya.failure.RuntimeFailure;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmExit;
import io.saya.lifecycle.Waited;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Says why a guest has not come up: which process ended first, what it printed, and what the
 * operator can do. To be asked before anything is ended.
 */
final class BootDiagnosis {

    /** How long a process that hung up gets to be reaped, so that its end can be told. */
    private static final Duration EXIT_LIMIT = Duration.ofSeconds(1);

    /** How long virtiofsd's end may take: a guest that cannot reach virtiofsd is noticed sooner. */
    private static final Duration SHARE_LIMIT = Duration.ofMillis(300);

    private final SandboxIdentity identity;
    private final RuntimeConfig config;
    private final long millis;
    private final @Nullable HostProcess virtiofsd;
    private final @Nullable VsockCarrier vsock;
    private final SandboxCgroup cgroup;

    /**
     * @param millis time since the start
     */
    BootDiagnosis(
            SandboxIdentity identity,
            RuntimeConfig config,
            long millis,
            @Nullable HostProcess virtiofsd,
            @Nullable VsockCarrier vsock,
            SandboxCgroup cgroup) {
        this.identity = identity;
        this.config = config;
        this.millis = millis;
        this.virtiofsd = virtiofsd;
        this.vsock = vsock;
        this.cgroup = cgroup;
    }

    /** Diagnoses a VM that could not even be started. Waits for a moment. */
    RuntimeFailure ofLaunch(StartPhase phase, Exception cause) {
        String doing = "sandbox " + identity.id() + " cannot start";
        HostProcess daemon = virtiofsd;
        // A QEMU that finds nobody at virtiofsd's socket ends at once, too.
        if (daemon != null && phase == StartPhase.QEMU_SPAWN && failed(daemon, SHARE_LIMIT)) {
            return RuntimeFailure.internal(shareText(doing, daemon, ""), cause);
        }
        String message = String.valueOf(cause.getMessage());
        return RuntimeFailure.internal(
                BootFailure.text(
                        doing, phase, millis, message, BootFailure.advice(false, message), ""),
                cause);
    }

    /** Diagnoses a guest whose agent did not answer. Waits for a moment. */
    RuntimeFailure ofConnect(Vm machine, StartPhase phase, RuntimeFailure cause) {
        String doing = "sandbox " + identity.id() + " did not come up";
        // A VMM that is on its way out closes the agent's socket first: give it the moment that its
        // reaping takes.
        boolean connectionLost = cause.kind() == RuntimeFailure.Kind.UNAVAILABLE;
        @Nullable VmExit exit = exitWithin(machine, connectionLost ? EXIT_LIMIT : Duration.ZERO);
        HostProcess daemon = virtiofsd;
        // It ends with 0 when QEMU hangs up; otherwise it is the cause, and QEMU what follows.
        if (daemon != null && failed(daemon, Duration.ZERO)) {
            return new RuntimeFailure(
                    cause.kind(), shareText(doing, daemon, machine.consoleTail()), cause);
        }
        String happened =
                exit != null
                        ? "the VM ended: "
                                + describe(machine, exit, outOfMemory(exit.process(), cgroup))
                        : unanswered(machine, phase, cause);
        String advice =
                BootFailure.advice(
                        bySerialPort(machine),
                        machine.vmmOutputTail(),
                        machine.consoleTail(),
                        cause.getMessage());
        if (advice.isEmpty() && exit == null) {
            advice = adviceForSilence(machine, phase);
        }
        return new RuntimeFailure(
                cause.kind(),
                BootFailure.text(doing, phase, millis, happened, advice, machine.consoleTail()),
                cause);
    }

    /**
     * Returns how far a guest has come whose agent does not answer.
     *
     * @param taken whether somebody in the guest has taken a connection, where it is not the VMM
     *     who tells
     */
    static StartPhase unreached(Vm machine, boolean taken) {
        if (!machine.vmmReady().isDone()) {
            return StartPhase.QMP;
        }
        boolean open = bySerialPort(machine) ? machine.channelOpen().isDone() : taken;
        return open ? StartPhase.AGENT : StartPhase.KERNEL;
    }

    private static boolean bySerialPort(Vm machine) {
        return machine.agent() instanceof AgentEndpoint.SerialPort;
    }

    private String shareText(String doing, HostProcess daemon, String console) {
        return BootFailure.text(
                doing,
                StartPhase.SHARE,
                millis,
                config.hypervisor().sharedFs().daemon()
                        + " (virtiofsd) ended with "
                        + daemon.exited().join().describe()
                        + printed("; it said: ", BootFailure.end(daemon.outputTail())),
                "correct virtio_fs_daemon or virtio_fs_extra_args in [hypervisor.qemu]",
                console);
    }

    private String adviceForSilence(Vm machine, StartPhase phase) {
        if (phase == StartPhase.AGENT) {
            return "the agent opened its channel but answers neither by ttrpc nor by gRPC, as"
                    + " agents of Kata do: use a guest with such an agent";
        }
        if (vsock != null && vsock.hasEnded()) {
            return "start it again; if that happens more than once, use another version of"
                    + " vhost-device-vsock (vhost_user_vsock_daemon in [agent.kata])";
        }
        if (phase == StartPhase.KERNEL && vsock != null) {
            return BootFailure.kataAgentListens(machine.consoleTail())
                    ? "the agent is up, and the vsock daemon runs, but carries nothing: use another"
                            + " version of vhost-device-vsock (vhost_user_vsock_daemon in"
                            + " [agent.kata]), or load vhost_vsock on the host and have transport ="
                            + " \"vsock\""
                    : "the vsock daemon runs, and the guest did not listen: its kernel must have"
                            + " the driver vmw_vsock_virtio_transport, and its agent must be started;"
                            + " a guest that is only slow gets more time by dial_timeout in"
                            + " [agent.kata]";
        }
        if (phase == StartPhase.KERNEL && !bySerialPort(machine)) {
            return "the guest did not listen on vsock: its kernel must have the driver"
                    + " vmw_vsock_virtio_transport, and its agent must be started; a guest that is"
                    + " only slow gets more time by dial_timeout in [agent.kata]";
        }
        boolean kvm = config.hypervisor().machine().accelerator() == MachineConfig.Accelerator.KVM;
        if (phase == StartPhase.KERNEL && kvm && machine.consoleTail().isBlank()) {
            return "a guest that says nothing at all may be one that this host's KVM does not run:"
                    + " set accelerator = \"auto\" in [hypervisor.qemu]; 'saya check' tells more";
        }
        return "";
    }

    private String unanswered(Vm machine, StartPhase phase, RuntimeFailure cause) {
        if (vsock != null && vsock.hasEnded()) {
            return vsock.ending();
        }
        if (bySerialPort(machine) && BootFailure.kataAgentListens(machine.consoleTail())) {
            return "the guest's agent is one of Kata 2.x to 4.x: it is up, but listens on vsock"
                    + " only, which this sandbox does not have";
        }
        String known =
                switch (phase) {
                    case QMP -> "QEMU runs but its monitor does not answer; ";
                    case KERNEL ->
                            bySerialPort(machine)
                                    ? "the guest's kernel started no agent; "
                                    : "nobody in the guest took a connection by vsock; ";
                    case AGENT -> "the agent does not answer; ";
                    default -> "";
                };
        return known + cause.getMessage();
    }

    private static boolean failed(HostProcess process, Duration limit) {
        return Waited.on(process.exited(), limit) instanceof Waited.Done(ProcessExit exit)
                && !exit.equals(new ProcessExit.Code(0));
    }

    private static @Nullable VmExit exitWithin(Vm machine, Duration limit) {
        return Waited.on(machine.exited(), limit) instanceof Waited.Done(VmExit exit) ? exit : null;
    }

    /** Returns why a sandbox stops whose VM has ended. */
    static StopCause cause(Vm machine, VmExit exit, SandboxCgroup cgroup) {
        String memory = outOfMemory(exit.process(), cgroup);
        String why = describe(machine, exit, memory);
        // One that was killed on the host has no last words.
        if (exit.process() instanceof ProcessExit.Code) {
            why = withConsole(machine, why);
        }
        return memory.isEmpty() ? new StopCause.VmLost(why) : new StopCause.OutOfMemory(why);
    }

    /** Returns why a sandbox stops whose virtiofsd has ended. */
    static StopCause cause(HostProcess virtiofsd, ProcessExit exit, SandboxCgroup cgroup) {
        return cause("virtiofsd", virtiofsd, exit, cgroup, StopCause.ShareLost::new);
    }

    /** Returns why a sandbox stops whose vsock daemon has ended. */
    static StopCause vsockCause(HostProcess daemon, ProcessExit exit, SandboxCgroup cgroup) {
        return cause(
                "the daemon that carries the agent's vsock (vhost_user_vsock_daemon)",
                daemon,
                exit,
                cgroup,
                StopCause.AgentLost::new);
    }

    private static StopCause cause(
            String name,
            HostProcess daemon,
            ProcessExit exit,
            SandboxCgroup cgroup,
            Function<String, StopCause> unlessOutOfMemory) {
        String memory = outOfMemory(exit, cgroup);
        String why =
                name
                        + " ended with "
                        + exit.describe()
                        + memory
                        + printed(": ", daemon.outputTail());
        return memory.isEmpty() ? unlessOutOfMemory.apply(why) : new StopCause.OutOfMemory(why);
    }

    /** Says that the kernel ended a process for want of memory; empty if it did not. */
    private static String outOfMemory(ProcessExit exit, SandboxCgroup cgroup) {
        return exit.equals(new ProcessExit.Signal(Signal.SIGKILL)) ? cgroup.outOfMemory() : "";
    }

    /** Says how the VMM ended, what it printed, and whether memory was the reason. */
    private static String describe(Vm machine, VmExit exit, String memory) {
        return "QEMU ended with "
                + exit.process().describe()
                + memory
                + (exit.reason().isEmpty() ? "" : " (" + exit.reason() + ")")
                + printed("; QEMU said: ", BootFailure.end(machine.vmmOutputTail()));
    }

    /**
     * Adds the end of the guest's console to what is known of its end: a kernel that panicked and
     * an agent that did say there why, and nowhere else.
     */
    static String withConsole(Vm machine, String why) {
        return why
                + printed(
                        "; the end of the guest's console:\n",
                        BootFailure.endWithoutRoutine(machine.consoleTail()));
    }

    /** Puts a prefix before what was printed; empty if nothing was. */
    static String printed(String prefix, String text) {
        String stripped = text.strip();
        return stripped.isEmpty() ? "" : prefix + stripped;
    }
}
