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
 * @param tracing the agent traces its calls ({@code enable_tracing})
 * @param debugConsole a shell in the guest may be opened ({@code debug_console_enabled})
 * @param given what the agent is given
 * @param timeouts how long the agent may take
 */
public record AgentConfig(
        Transport transport,
        Optional<Path> vsockDaemon,
        boolean enableDebug,
        boolean tracing,
        boolean debugConsole,
        Given given,
        Timeouts timeouts) {

    /**
     * What the agent is given.
     *
     * @param kernelWords words that it reads from the kernel's command line
     * @param kernelModules modules with their parameters, loaded before the first container ({@code
     *     kernel_modules})
     * @param policy enforced from the start ({@code policy}); empty: none
     * @param initData packed by gzip, in base64 (init data); empty: none
     */
    public record Given(
            List<String> kernelWords, List<String> kernelModules, String policy, String initData) {

        public Given {
            kernelWords = List.copyOf(kernelWords);
            kernelModules = List.copyOf(kernelModules);
        }
    }

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
}
