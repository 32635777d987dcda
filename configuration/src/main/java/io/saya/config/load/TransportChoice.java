package io.saya.config.load;

import io.saya.config.AgentConfig.Transport;
import io.saya.config.option.AgentOptions;
import io.saya.config.option.VmOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What {@code transport = "auto"} comes to. The default guest listens on everything, and gets a
 * serial port: it needs nothing of the host, and nobody but the daemon can reach it, while any
 * local user can connect to a guest by the kernel's vsock. Agents of Kata 2.x to 4.x listen on
 * vsock and on nothing else: their guests get it by the daemon, whose socket has an owner, else by
 * the host's kernel, and cannot be started where there is neither. A guest that is neither the
 * default one nor one of Kata's by its name may have any agent.
 */
final class TransportChoice {

    private static final Path DEVICE = Path.of("/dev/vhost-vsock");

    /** How vhost-device-vsock comes to where it is looked for, so that nothing has to name it. */
    static final String DAEMON = "cargo install --root /usr/local vhost-device-vsock";

    private static final String MODULE = "load the module vhost_vsock (modprobe vhost_vsock)";

    /** Right for a daemon that is there, or will be when this is read. */
    private static final String AUTO = "transport = \"auto\" in [agent.kata]";

    private static final String SERIAL =
            "; an agent at a serial port, as those of Kata 1.x, needs transport ="
                    + " \"virtio-serial\"";

    private final EffectiveConfig config;
    private final boolean device;

    TransportChoice(EffectiveConfig config) {
        this(config, Files.exists(DEVICE));
    }

    /**
     * @param device whether the host's kernel carries vsock
     */
    TransportChoice(EffectiveConfig config, boolean device) {
        this.config = config;
        this.device = device;
    }

    /** The carrier; never {@code AUTO}. */
    Transport transport() {
        Transport wanted = config.value(AgentOptions.TRANSPORT);
        if (wanted != Transport.AUTO) {
            return wanted;
        }
        if (isDefaultGuest()) {
            return Transport.VIRTIO_SERIAL;
        }
        if (hasDaemon()) {
            return Transport.HYBRID_VSOCK;
        }
        return device ? Transport.VSOCK : Transport.VIRTIO_SERIAL;
    }

    /** Returns what is wrong on this host and what to do about it; empty if nothing is. */
    String fault() {
        return switch (config.<Transport>value(AgentOptions.TRANSPORT)) {
            case VSOCK ->
                    device ? "" : "this host has no " + DEVICE + "; " + MODULE + withoutTheDevice();
            case HYBRID_VSOCK ->
                    hasDaemon()
                            ? ""
                            : "no vhost-device-vsock was found; install it ("
                                    + DAEMON
                                    + "), or name it by vhost_user_vsock_daemon"
                                    + withoutTheDaemon();
            case AUTO ->
                    isKataGuest() && !device && !hasDaemon()
                            ? "agents of Kata 2.x and later are reached by vsock, which this host"
                                    + " does not have; "
                                    + MODULE
                                    + ", or install vhost-device-vsock ("
                                    + DAEMON
                                    + ")"
                                    + SERIAL
                            : "";
            case VIRTIO_SERIAL -> "";
        };
    }

    /**
     * What else can be done; "auto" only where it comes to a carrier that this guest listens on.
     */
    private String withoutTheDevice() {
        if (isDefaultGuest() || hasDaemon()) {
            return ", or write " + AUTO;
        }
        return ", or install vhost-device-vsock (" + DAEMON + ") and write " + AUTO + SERIAL;
    }

    private String withoutTheDaemon() {
        if (isDefaultGuest() || device) {
            return ", or write " + AUTO;
        }
        return ", or " + MODULE + " and write " + AUTO + SERIAL;
    }

    private boolean hasDaemon() {
        return !Defaults.isMissing(config, AgentOptions.VSOCK_DAEMON);
    }

    /** The default guest has no image, and an initrd of this name wherever it is installed. */
    boolean isDefaultGuest() {
        return Defaults.isMissing(config, VmOptions.IMAGE)
                && config.value(VmOptions.INITRD).endsWith(Path.of(Defaults.INITRD).getFileName());
    }

    /** By the names under which Kata's releases and distributions' packages install guests. */
    private boolean isKataGuest() {
        Path root =
                Defaults.isMissing(config, VmOptions.IMAGE)
                        ? config.value(VmOptions.INITRD)
                        : config.value(VmOptions.IMAGE);
        for (Path part : root) {
            String name = part.toString().toLowerCase(Locale.ROOT);
            if (name.equals("kata") || name.startsWith("kata-")) {
                return true;
            }
        }
        return false;
    }
}
