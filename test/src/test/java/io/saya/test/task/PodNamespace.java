package io.saya.test.task;

import io.saya.test.Ran;
import io.saya.test.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A network namespace as a CNI plugin leaves it, owned by the test: {@code eth0} with addresses of
 * both families, routes with MTU and by another table, a permanent neighbour, an nft table; and
 * another one with the other end of the pair, which answers.
 */
final class PodNamespace implements AutoCloseable {
    static final String GATEWAY = "10.79.0.1";

    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** What a network policy would have there. */
    private static final String TABLE = "table inet bystander";

    private static final String GATEWAY_MAC = "02:00:00:79:00:01";

    private final String name;
    private final String peer;

    PodNamespace(String name) {
        this.name = name;
        peer = name + "-peer";
        run("ip netns add " + name);
        run("ip netns add " + peer);
        run(
                "ip -n "
                        + peer
                        + " link add peer0 address "
                        + GATEWAY_MAC
                        + " type veth peer name eth0 netns "
                        + name);
        run("ip -n " + peer + " addr add " + GATEWAY + "/24 dev peer0");
        run("ip -n " + peer + " link set peer0 up");
        in("addr add 10.79.0.2/24 dev eth0");
        in("addr add fd00:79::2/64 dev eth0 nodad");
        in("link set eth0 mtu 1400 up");
        in("route add 169.254.1.1 dev eth0 scope link");
        in("route add default via " + GATEWAY + " dev eth0 mtu 1300 metric 50");
        in("route add 10.99.0.0/16 via 169.254.1.1 dev eth0");
        in("route add 10.98.0.0/16 via 169.254.1.1 dev eth0 table 100");
        in("neigh add " + GATEWAY + " lladdr " + GATEWAY_MAC + " nud permanent dev eth0");
        for (var where : List.of(name, peer)) {
            run("ip netns exec " + where + " nft add " + TABLE);
        }
        settle();
    }

    /** An address that is still being looked for would be a difference later. */
    private void settle() {
        if (!Wait.until(LIMIT, () -> !in("addr show dev eth0").contains("tentative"))) {
            throw new AssertionError(in("addr show dev eth0"));
        }
    }

    /** The {@link #state} when nothing changes any more by itself. */
    String settledState() {
        settle();
        return state();
    }

    String path() {
        return "/run/netns/" + name;
    }

    /** Runs {@code ip} in the namespace. */
    String in(String arguments) {
        return run("ip -n " + name + " " + arguments);
    }

    /** Runs {@code tc} in the namespace. */
    String tc(String arguments) {
        return run("tc -n " + name + " " + arguments);
    }

    /** True if somebody answers at the pod's address. */
    boolean answers() {
        return Ran.run(
                                LIMIT.plusSeconds(20),
                                ("ip netns exec " + peer + " busybox ping -c 1 -W 20 10.79.0.2")
                                        .split(" "))
                        .status()
                == 0;
    }

    /** Removes the namespace of the pod; what is in it goes as soon as nobody uses it. */
    void vanish() {
        run("ip netns del " + name);
    }

    /** All of it, and of the namespace that the test itself is in, that a sandbox could change. */
    String state() {
        var text = new ArrayList<String>();
        for (var where :
                List.of("ip netns exec " + name + " ", "ip netns exec " + peer + " ", "")) {
            text.add("-- " + where);
            text.add(look(where + "ip -d link"));
            text.add(look(where + "ip addr").replaceAll("valid_lft.*", ""));
            text.add(look(where + "ip -4 route show table all"));
            text.add(look(where + "ip -6 route show table all"));
            text.add(look(where + "ip rule"));
            text.add(look(where + "ip neigh show nud permanent"));
            text.add(look(where + "tc qdisc"));
            text.add(look(where + "tc filter show dev eth0 ingress"));
            var rules = run(where + "nft list ruleset");
            if (!where.isEmpty() && !rules.contains(TABLE)) {
                throw new AssertionError(where + "nft list ruleset: " + rules);
            }
            text.add(rules);
        }
        // Others on this host have theirs.
        look("ip netns list").lines().filter(line -> line.startsWith(name)).forEach(text::add);
        return String.join("\n", text);
    }

    private static String look(String command) {
        var ran = Ran.run(LIMIT, command.split(" "));
        return ran.out() + ran.err();
    }

    /** The open files of this process, which plays containerd, by what they are. */
    static String descriptors() {
        var sockets = 0;
        var pipes = 0;
        var namespaces = 0;
        try (var entries = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (var entry : entries) {
                try {
                    var target = Files.readSymbolicLink(entry).toString();
                    sockets += target.startsWith("socket:") ? 1 : 0;
                    pipes += target.startsWith("pipe:") ? 1 : 0;
                    namespaces += target.startsWith("net:") || target.contains("netns") ? 1 : 0;
                } catch (IOException e) {
                    // Closed meanwhile.
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return sockets + " sockets, " + pipes + " pipes, " + namespaces + " namespaces";
    }

    @Override
    public void close() {
        Ran.run(LIMIT, "ip", "netns", "del", name);
        Ran.run(LIMIT, "ip", "netns", "del", peer);
    }

    private static String run(String command) {
        return Ran.run(LIMIT, command.split(" ")).succeeded().out();
    }
}
