package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ContainerState;
import io.saya.proto.cri.ListPodSandboxRequest;
import io.saya.proto.cri.PodSandboxConfig;
import io.saya.proto.cri.RemovePodSandboxRequest;
import io.saya.proto.cri.StopPodSandboxRequest;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * Pods on networks. The tests' own network namespace is the node's. After each test it must have
 * the interfaces, routes, qdiscs and rules that it had before, and containerd the descriptors that
 * it had after a first pod of its own runtime; of pods' namespaces there may be none.
 */
@Timeout(1800)
abstract class NetworkSuite {
    static final Duration COMMAND = Duration.ofSeconds(60);
    static final Duration GONE = Duration.ofSeconds(10);
    private static final int ECHO = 7;

    /** Bytes that are enough where another test sends more by that way. */
    static final long FEW_BYTES = 4L << 20;

    private static final Duration TRANSFER = Duration.ofMinutes(10);

    /** A gibibyte each way in the full suite. */
    private static final long BYTES =
            "1".equals(System.getProperty("saya.full")) ? 1L << 30 : 24L << 20;

    /** What a network policy would have on the node: rules that nobody may touch. */
    private static final String TABLE = "table inet bystander";

    private String before = "";
    private @Nullable Node node;
    private @Nullable Descriptors descriptors;

    @BeforeEach
    final void look() {
        sh("nft 'add %s; add chain inet bystander forward { type filter hook forward priority 0; }'"
                        .formatted(TABLE))
                .succeeded();
        before = state();
        assertThat(before).contains(TABLE);
    }

    /** The node of the test, with these networks. */
    final Node node(String... networks) {
        return node(List.of(networks), Map.of(), "");
    }

    /** Starts a node with CNI plugins that are scripts, and a configuration of the runtime. */
    final Node node(List<String> networks, Map<String, String> plugins, String configuration) {
        var made = new Node(networks, plugins, configuration);
        node = made;
        // What containerd opens with its first pod, and keeps.
        removed(Pod.run(made, Node.RUNC, UnaryOperator.identity()));
        descriptors = Descriptors.settled(made.containerd().pid());
        return made;
    }

    /** Bridges stay by design of their plugin; they are removed here. */
    @AfterEach
    final void nothingIsLeft() {
        var made = node;
        node = null;
        try {
            if (made != null) {
                nothingIsLeftOn(made, Objects.requireNonNull(descriptors));
            }
        } finally {
            if (made != null) {
                made.close();
            }
            for (var bridge : List.of("net0", "net1", "v4only")) {
                sh("ip link del " + bridge + " 2>/dev/null || true");
            }
        }
        Wait.until(GONE, () -> state().equals(before));
        assertThat(state()).isEqualTo(before);
        sh("nft delete " + TABLE).succeeded();
    }

    private static void nothingIsLeftOn(Node node, Descriptors descriptors) {
        var runtime = node.cri().runtime();
        for (var pod :
                runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList()) {
            var _ =
                    runtime.stopPodSandbox(
                            StopPodSandboxRequest.newBuilder()
                                    .setPodSandboxId(pod.getId())
                                    .build());
            var _ =
                    runtime.removePodSandbox(
                            RemovePodSandboxRequest.newBuilder()
                                    .setPodSandboxId(pod.getId())
                                    .build());
        }
        // Others on this host may run the same suite.
        var processes =
                "ps -eo args | grep -F %s | grep -E '^[^ ]*qemu-system|ports$' || true"
                        .formatted(node.containerd().directory());
        Wait.until(GONE, () -> sh(processes).out().isEmpty());
        assertThat(sh(processes).out()).as("processes in pods' namespaces").isEmpty();
        assertThat(sh("ls " + namespaces(node)).out()).as("network namespaces of pods").isEmpty();
        var pid = node.containerd().pid();
        // One look that finds them as they were will do: containerd reads its snapshots' sizes now
        // and then.
        var last = new AtomicReference<>(descriptors);
        Wait.until(
                GONE,
                () -> {
                    last.set(Descriptors.of(pid));
                    return last.get().equals(descriptors);
                });
        assertThat(last.get()).as("containerd's descriptors").isEqualTo(descriptors);
    }

    static Pod pod(Node node) {
        return pod(node, UnaryOperator.identity());
    }

    static Pod pod(Node node, UnaryOperator<PodSandboxConfig.Builder> change) {
        return Pod.run(node, Node.handler(), change);
    }

    static void removed(Pod... pods) {
        for (var pod : pods) {
            pod.stop();
            pod.remove();
        }
    }

    /** Whole and unchanged, out of the pod and into it. */
    static void bytesArrive(Pod pod, Outside outside, String address) throws Exception {
        bytesArrive(pod, outside, address, BYTES);
    }

    /** Checks that so many bytes arrive: whole mebibytes. */
    static void bytesArrive(Pod pod, Outside outside, String address, long bytes) throws Exception {
        var sent = outside.take();
        var sum = transfer(pod, send(outside, address, bytes));
        var taken = sent.get(1, TimeUnit.MINUTES);
        assertThat(taken.bytes()).isEqualTo(bytes);
        assertThat(sum).startsWith(taken.sum());
        var received = outside.give(bytes);
        assertThat(transfer(pod, receive(outside, address)))
                .contains(received.get(1, TimeUnit.MINUTES).sum());
    }

    /** A server of the pod answers whoever comes from outside to one of its addresses. */
    static void answersFromOutside(Pod pod, String... addresses) {
        echoServer(pod);
        for (var address : addresses) {
            assertThat(sh("echo back | busybox nc -w 5 " + address + " " + ECHO).out())
                    .as("from outside to %s", address)
                    .isEqualTo("back\n");
        }
    }

    /** By TCP from a container of a pod to the {@link #echoServer} of another. */
    static void reaches(Pod pod, String container, String address) {
        assertThat(ok(pod, container, "echo back | nc -w 5 " + address + " " + ECHO))
                .as("from %s to %s", pod.ip(), address)
                .isEqualTo("back\n");
    }

    /** A container that gives back what it gets by TCP, at all addresses of both families. */
    static void echoServer(Pod pod) {
        var echo = pod.started("echo", "exec nc -ll -p " + ECHO + " -e cat");
        until(pod, echo, "netstat -ltn | grep :" + ECHO);
    }

    /** The guest has the MTU that the interface has on the host, and that is this. */
    static void hasMtu(Pod pod, String container, String name, int mtu) {
        var wanted = " mtu " + mtu + " ";
        assertThat(ok(pod, container, "ip link show " + name)).contains(wanted);
        assertThat(sh(inPod(pod) + "ip link show " + name).succeeded().out()).contains(wanted);
    }

    /**
     * A script that sends the same mebibyte again and again, so many bytes in all, and prints the
     * MD5 sum of one.
     */
    static String send(Outside outside, String address, long bytes) {
        return "head -c 1048576 /dev/urandom > /tmp/block; md5sum < /tmp/block;"
                + " %s -e sh -c 'for i in $(seq %d); do cat /tmp/block; done'"
                        .formatted(connect(outside, address), bytes / Outside.BLOCK);
    }

    /** A script that prints the MD5 sum of what comes; the connection is open until all has. */
    static String receive(Outside outside, String address) {
        return connect(outside, address) + " -e sh -c 'md5sum > /tmp/sum'; cat /tmp/sum";
    }

    /** Programs get the socket itself: busybox's nc moves a kibibyte at a time. */
    private static String connect(Outside outside, String address) {
        return "nc " + address + " " + outside.port();
    }

    /** Runs a script in a container of its own, and returns what it printed. */
    static String transfer(Pod pod, String script) {
        var container = pod.started("transfer", script);
        var ended =
                Wait.until(
                        TRANSFER,
                        () -> pod.status(container).getState() == ContainerState.CONTAINER_EXITED);
        assertThat(ended).as("%s has ended", script).isTrue();
        var log = String.join("\n", pod.log(container));
        pod.remove(container);
        return log;
    }

    static void until(Pod pod, String container, String script) {
        assertThat(Wait.until(COMMAND, () -> pod.exec(container, "sh", "-c", script).status() == 0))
                .as(script)
                .isTrue();
    }

    static String ok(Pod pod, String container, String script) {
        return pod.exec(container, "sh", "-c", script).succeeded().out();
    }

    static String gateway(Pod pod, String container) {
        return ok(pod, container, "ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'").strip();
    }

    static String ipv6(Pod pod, String container) {
        return ok(pod, container, "ip addr show eth0 | sed -n 's/.*inet6 \\(fd[^/]*\\).*/\\1/p'")
                .strip();
    }

    /** Words before a command of the host that is to run where the pod's VM is. */
    static String inPod(Pod pod) {
        return "nsenter --net=/proc/"
                + Host.processes("qemu-system", pod.id()).getFirst()
                + "/ns/net ";
    }

    /** Does that for the only pod of a node, whether it has a VM or not. */
    static String inNamespace(Node node) {
        return "nsenter --net=$(ls -d " + namespaces(node) + "/cni-*) ";
    }

    private static String namespaces(Node node) {
        return node.containerd().directory() + "/state/io.containerd.grpc.v1.cri/netns";
    }

    /**
     * Interfaces, namespaces, qdiscs and rules of the node. Whether the bridge of an earlier test
     * still has a carrier is that test's business.
     */
    private static String state() {
        return sh("nft list ruleset || exit 1;"
                        + " ip -br link | awk '{print $1}' | sort; ip route | sed 's/ linkdown//';"
                        + " ip -6 route | sed 's/ linkdown//'; tc qdisc | sort; ls /run/netns 2>/dev/null | grep ^cni- || true")
                .succeeded()
                .out();
    }

    static Ran sh(String script) {
        return Ran.run(COMMAND, "sh", "-c", script);
    }
}
