package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.host.Host;
import io.saya.host.HostFailure;
import io.saya.host.Placement.InheritedVsock;
import io.saya.host.SpawnSpec;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.qemu.probe.KvmVerdict;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Guests' vsock addresses, of which the host's kernel says whether they are free. */
class ContextIdTest {

    private final List<SpawnSpec> spawned = new ArrayList<>();

    /** A host that refuses each spawn with the next of these, and every later one with the last. */
    private QemuHypervisor refusing(Integer... errnos) {
        Host host =
                (Host)
                        Proxy.newProxyInstance(
                                Host.class.getClassLoader(),
                                new Class<?>[] {Host.class},
                                (_, _, arguments) -> {
                                    int errno = errnos[Math.min(spawned.size(), errnos.length - 1)];
                                    spawned.add((SpawnSpec) arguments[0]);
                                    throw new HostFailure(errno, "error " + errno);
                                });
        return new QemuHypervisor(host, _ -> new KvmVerdict.Unusable("not asked for"), null);
    }

    private static void start(QemuHypervisor hypervisor, AgentTransport transport) {
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(
                        () ->
                                hypervisor.start(
                                        Specs.of(
                                                Path.of("/run/x"),
                                                Path.of("/kernel"),
                                                List.of(),
                                                transport,
                                                List.of())))
                .withMessageContaining("start QEMU for sandbox sandbox-1");
    }

    private static InheritedVsock address(SpawnSpec spec) {
        return spec.placement().inherited().vsock().orElseThrow();
    }

    @Test
    void aTakenOneIsDrawnAnewABoundedNumberOfTimes() {
        start(refusing(HostFailure.EADDRINUSE), AgentTransport.VSOCK);

        assertThat(spawned).hasSize(8);
        var drawn = new HashSet<Integer>();
        for (SpawnSpec spec : spawned) {
            int contextId = address(spec).contextId();
            drawn.add(contextId);
            assertThat(Integer.toUnsignedLong(contextId)).isBetween(3L, 0xffff_fffeL);
            assertThat(spec.argv())
                    .anyMatch(
                            word ->
                                    word.startsWith("vhost-vsock-pci,")
                                            && word.endsWith(
                                                    "vhostfd=%fd:vhost-vsock%,guest-cid="
                                                            + Integer.toUnsignedString(contextId)));
        }
        assertThat(drawn).hasSizeGreaterThan(6);
    }

    @Test
    void anyOtherFailureIsFinal() {
        start(refusing(HostFailure.EADDRINUSE, HostFailure.ENOENT), AgentTransport.VSOCK);

        assertThat(spawned).hasSize(2);
    }

    @Test
    void othersHaveNone() {
        start(refusing(HostFailure.EADDRINUSE), AgentTransport.HYBRID_VSOCK);

        assertThat(spawned).hasSize(1);
        assertThat(spawned.getFirst().placement().inherited().vsock()).isEmpty();
        assertThat(spawned.getFirst().placement().inherited().connections())
                .anyMatch(connection -> connection.path().equals(Path.of("/run/x/vsock/vmm")));
    }
}
