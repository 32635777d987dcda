package io.saya.guest;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Words the message of a start that failed, so that an operator who reads only that knows what to
 * do.
 */
final class BootFailure {
    /**
     * The characters of the console that are shown: enough for a panic's message and what led to
     * it. An event of Kubernetes holds little more.
     */
    private static final int CONSOLE_LINES = 12;

    private static final int CONSOLE_CHARACTERS = 1500;

    /** What agents of Kata 2.x to 4.x print when they are up. */
    private static final String KATA_LISTENS = "ttRPC server started";

    /** What to do about an agent that listens on vsock, and on nothing else. */
    private static final String KATA_WITHOUT_VSOCK =
            "load vhost_vsock on the host (modprobe vhost_vsock), or install vhost-device-vsock"
                    + " (cargo install --root /usr/local vhost-device-vsock); and have transport ="
                    + " \"auto\" in [agent.kata]";

    /** Levels in the log of agents of Kata 2.x to 4.x, in JSON, and of 1.x. */
    private static final List<String> ROUTINE =
            List.of(
                    "\"level\":\"INFO\"",
                    "\"level\":\"DEBG\"",
                    "\"level\":\"TRCE\"",
                    " level=info ",
                    " level=debug ");

    private BootFailure() {}

    /**
     * A known cause, told by what QEMU, virtiofsd, the guest's kernel or its agent print.
     *
     * @param sign what is printed, a part of a line
     * @param bySerialPort counts only where the agent is expected at a serial port
     */
    private record Known(String sign, String advice, boolean bySerialPort) {
        Known(String sign, String advice) {
            this(sign, advice, false);
        }
    }

    /**
     * The known causes. The first that is found counts, so a cause stands before what follows from
     * it.
     */
    private static final List<Known> KNOWN =
            List.of(
                    new Known(
                            "Could not access KVM kernel module",
                            "KVM cannot be used here: set accelerator = \"auto\" or \"tcg\" in"
                                    + " [hypervisor.qemu]; 'saya check' tells more"),
                    new Known(
                            "failed to initialize kvm",
                            "KVM cannot be used here (another hypervisor may hold it): set"
                                    + " accelerator = \"auto\" or \"tcg\" in [hypervisor.qemu];"
                                    + " 'saya check' tells more"),
                    new Known(
                            "kvm_arch_put_registers",
                            "this host's KVM refuses the processor that was asked for: set"
                                    + " accelerator = \"auto\" in [hypervisor.qemu]"),
                    new Known(
                            "kvm_buf_set_msrs",
                            "this host's KVM refuses the processor that was asked for: set"
                                    + " accelerator = \"auto\" in [hypervisor.qemu]"),
                    new Known(
                            "Cannot allocate memory",
                            "the host has no memory for this guest: free some, or lower"
                                    + " default_memory in [hypervisor.qemu]"),
                    new Known(
                            "could not load kernel",
                            "'kernel' in [hypervisor.qemu] names no kernel that QEMU can load"),
                    new Known(
                            "invalid kernel header",
                            "'kernel' in [hypervisor.qemu] names no kernel that QEMU can load"),
                    new Known(
                            "without PVH ELF Note",
                            "'kernel' in [hypervisor.qemu] is an ELF kernel that QEMU cannot boot:"
                                    + " use a bzImage, or a kernel with CONFIG_PVH"),
                    new Known(
                            "initrd is too large",
                            "the initrd is larger than the guest's memory: raise default_memory in"
                                    + " [hypervisor.qemu]"),
                    new Known(
                            "Initramfs unpacking failed: write error",
                            "the initrd does not fit into the guest's memory when it is unpacked:"
                                    + " raise default_memory in [hypervisor.qemu]"),
                    new Known(
                            "System is deadlocked on memory",
                            "the initrd does not fit into the guest's memory when it is unpacked:"
                                    + " raise default_memory in [hypervisor.qemu]"),
                    new Known(
                            "invalid magic at start of compressed archive",
                            "'initrd' in [hypervisor.qemu] is no initrd that this kernel can"
                                    + " unpack"),
                    new Known(
                            "Unable to mount root fs",
                            "the guest's kernel has no driver for its root (virtio_blk, its file"
                                    + " system), or 'initrd'/'image' in [hypervisor.qemu] is none:"
                                    + " use a kernel with these drivers compiled in"),
                    new Known(
                            "No working init found",
                            "'initrd' or 'image' in [hypervisor.qemu] has no /init that can run, or"
                                    + " kernel_params name another one"),
                    new Known(
                            "Requested init",
                            "the init that kernel_params in [hypervisor.qemu] name is not in the"
                                    + " guest"),
                    new Known(
                            "neither a serial port agent.channel.0 nor vsock was found",
                            "the guest's kernel has no driver for the agent's channel"
                                    + " (virtio_console or vmw_vsock_virtio_transport): use a"
                                    + " kernel that has one"),
                    new Known(
                            "unknown filesystem type 'virtiofs'",
                            "the guest's kernel has no virtiofs driver: use a kernel that has one"),
                    new Known(
                            "virtiofs: No such device",
                            "the guest's kernel has no virtiofs driver: use a kernel that has one"),
                    new Known(
                            "Out of memory",
                            "the guest has too little memory: raise default_memory in"
                                    + " [hypervisor.qemu]"),
                    new Known(
                            "EOPNOTSUPP: Operation not supported on transport endpoint",
                            "the guest's kernel is too new for its agent: those before Kata 3.3"
                                    + " end where SO_REUSEPORT is refused, as by kernels of 2025"
                                    + " and later (6.1.192 among them); use the kernel that the"
                                    + " agent's release came with, or a newer agent"),
                    new Known("vsock://-1:", KATA_WITHOUT_VSOCK, true),
                    new Known(KATA_LISTENS, KATA_WITHOUT_VSOCK, true),
                    new Known(
                            "Attempted to kill init",
                            "the guest's first process, its init or agent, ended by itself; its"
                                    + " last words stand before that line. 'initrd' or 'image' and"
                                    + " kernel_params in [hypervisor.qemu] must be made for each"
                                    + " other"));

    /**
     * Returns what to do about a failure of which this was printed; empty if the failure is not a
     * known one.
     *
     * @param bySerialPort whether the agent is expected at a serial port
     */
    static String advice(boolean bySerialPort, String... printed) {
        for (Known known : KNOWN) {
            if (known.bySerialPort() && !bySerialPort) {
                continue;
            }
            for (String text : printed) {
                if (text.contains(known.sign())) {
                    return known.advice();
                }
            }
        }
        return "";
    }

    /** True if the guest's agent is one of Kata's, and up. */
    static boolean kataAgentListens(String console) {
        return console.contains(KATA_LISTENS);
    }

    /**
     * Words the whole message.
     *
     * @param doing such as {@code sandbox pod1 did not come up}
     * @param millis time since the start
     * @param cause what is known to have happened
     * @param advice what to do; may be empty
     * @param console what the guest printed; only its end is shown
     */
    static String text(
            String doing,
            StartPhase phase,
            long millis,
            String cause,
            String advice,
            String console) {
        StringBuilder text = new StringBuilder();
        text.append(doing).append(", phase ").append(phase.word());
        text.append(" (after ").append(millis / 1000).append('.');
        text.append(millis % 1000 / 100).append(" s): ").append(cause);
        if (!advice.isEmpty()) {
            text.append("; what to do: ").append(advice);
        }
        String end = end(console);
        if (!end.isEmpty()) {
            text.append("; the end of the guest's console:\n").append(end);
        }
        return text.toString();
    }

    /**
     * As {@link #end}, without what an agent logs of its daily work: agents of Kata log each signal
     * to the console of their guest, and what is looked for would be lost among that.
     */
    static String endWithoutRoutine(String console) {
        return end(
                console.lines().filter(line -> !isRoutine(line)).collect(Collectors.joining("\n")));
    }

    private static boolean isRoutine(String line) {
        for (String level : ROUTINE) {
            if (line.contains(level)) {
                return true;
            }
        }
        return false;
    }

    /**
     * The last lines of a text, within bounds; empty lines are left out, and what behind and around
     * a panic only a kernel's developer reads.
     */
    static String end(String text) {
        List<String> lines = GuestPanic.telling(text);
        StringBuilder end = new StringBuilder();
        int taken = 0;
        for (int i = lines.size() - 1; i >= 0 && taken < CONSOLE_LINES; i--) {
            String line = lines.get(i);
            if (end.length() + line.length() > CONSOLE_CHARACTERS) {
                break;
            }
            end.insert(0, end.isEmpty() ? line : line + "\n");
            taken++;
        }
        return end.toString();
    }
}
