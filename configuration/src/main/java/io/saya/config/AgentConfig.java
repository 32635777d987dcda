package io.saya.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Section {@code [agent.kata]}.
 *
 * @param transport carrier of the agent's protocol ({@code transport}; ours): never {@code AUTO},
 *     but what that comes to on this host
 * @param vsockDaemon daemon for {@code HYBRID_VSOCK} ({@code vhost_user_vsock_daemon}; ours);
 *     present with that transport
 * @param enableDebug the agent logs everything ({@code enable_debug})
 * @param kernelModules modules with their parameters, loaded by the agent before the first
 *     container ({@code kernel_modules})
 * @param debugConsole a shell in the guest may be opened ({@code debug_console_enabled})
 * @param timeouts how long the agent may take
 */
public record AgentConfig(
        Transport transport,
        Optional<Path> vsockDaemon,
        boolean enableDebug,
        List<String> kernelModules,
        boolean debugConsole,
        Timeouts timeouts) {

    /**
     * Limits for what the agent does.
     *
     * @param dial to answer first, from QEMU's start ({@code dial_timeout})
     * @param createContainer to create a container ({@code create_container_timeout} of {@code
     *     [runtime]})
     * @param healthCheck to answer a health check ({@code health_check_request_timeout_ms})
     */
    public record Timeouts(Duration dial, Duration createContainer, Duration healthCheck) {}

    /** Carrier of the agent's protocol. */
    public enum Transport {
        /** What the host has, and the guest can: {@code TransportChoice}. */
        AUTO,
        VIRTIO_SERIAL,
        /** By the host's kernel ({@code /dev/vhost-vsock}). */
        VSOCK,
        /** By a daemon beside the VMM. */
        HYBRID_VSOCK
    }

    public AgentConfig {
        kernelModules = List.copyOf(kernelModules);
    }
}
