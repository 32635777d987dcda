package io.saya.cli.check;

import io.saya.config.AgentConfig;
import io.saya.config.AgentConfig.Transport;
import java.util.ArrayList;
import java.util.List;

/** Checks the host's device nodes, and whether other programs hold them. */
final class DeviceChecks {
    private DeviceChecks() {}

    static Finding vhostVsock(CheckedHost host) {
        AgentConfig agent = host.config().agent();
        if (host.files().exists("/dev/vhost-vsock")) {
            return agent.transport() == Transport.VSOCK
                    ? Finding.warn(
                            "vhost-vsock",
                            "the agent is reached by /dev/vhost-vsock, and so it is by any local user"
                                    + " and any container that may make vsock sockets",
                            "install vhost-device-vsock and set transport = \"hybrid-vsock\" in"
                                    + " [agent.kata]; the default guest needs no vsock (transport ="
                                    + " \"virtio-serial\")")
                    : Finding.pass("vhost-vsock", "/dev/vhost-vsock");
        }
        if (agent.transport() == Transport.VSOCK) {
            return Finding.fail(
                    "vhost-vsock",
                    "there is no /dev/vhost-vsock",
                    "load it (modprobe vhost_vsock), or set transport = \"auto\" in [agent.kata]");
        }
        if (agent.vsockDaemon().isPresent()) {
            return Finding.pass(
                    "vhost-vsock",
                    "there is no /dev/vhost-vsock; "
                            + agent.vsockDaemon().get()
                            + " carries the vsock of guests that need one");
        }
        return Finding.warn(
                "vhost-vsock",
                "there is no /dev/vhost-vsock",
                "the agent is reached by a serial port instead; guests of Kata 2.x and later need"
                        + " vsock: modprobe vhost_vsock, or install vhost-device-vsock and name it"
                        + " by vhost_user_vsock_daemon in [agent.kata]");
    }

    static Finding vhostNet(CheckedHost host) {
        if (host.files().exists("/dev/vhost-net")) {
            return Finding.pass("vhost-net", "/dev/vhost-net");
        }
        return Finding.warn(
                "vhost-net",
                "there is no /dev/vhost-net",
                "QEMU moves packets itself, which is slower: modprobe vhost_net");
    }

    static Finding tun(CheckedHost host) {
        if (host.files().exists("/dev/net/tun")) {
            return Finding.pass("tun", "/dev/net/tun");
        }
        return Finding.fail(
                "tun",
                "there is no /dev/net/tun",
                "pods cannot have a network without it: modprobe tun");
    }

    /** Other hypervisors keep the processor's virtualization for themselves. */
    static Finding competitors(CheckedHost host) {
        List<String> found = new ArrayList<>();
        for (String module : List.of("vboxdrv", "vmmon", "vmw_vmci")) {
            if (host.files().exists("/sys/module/" + module)
                    && !(module.equals("vmw_vmci") && host.files().exists("/sys/hypervisor"))) {
                found.add("module " + module);
            }
        }
        for (String device : List.of("/dev/vboxdrv", "/dev/vmmon")) {
            if (host.files().exists(device)) {
                found.add(device);
            }
        }
        if (found.isEmpty()) {
            return Finding.pass("hypervisors", "no other hypervisor competes for the processor");
        }
        return Finding.warn(
                "hypervisors",
                "another hypervisor is there: " + String.join(", ", found),
                "while it runs a guest, KVM may be refused (EBUSY): end it, or unload its module");
    }
}
