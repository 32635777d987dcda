package io.saya.test.task;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * The processes of real sandboxes against the table "Processes and rights" of
 * runtime-core/README.md: what is promised there is what the kernel says.
 */
@WithProduct
final class ProcessRightsTest extends ShimSuite {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration COMMAND = Duration.ofSeconds(20);
    private static final String CHARACTER_DEVICE = "c ";

    private final Map<String, List<String>> table = table();

    @Test
    void ofAContainerStartedAlone() throws Exception {
        var id = newId();
        try (var shim = startWith(Map.of("SCHED_CORE", "1"), id, Map.of(), "sleep", "1000")) {
            shim.create("", "", "");
            shim.start("");
            comparedWithTheTable(
                    id, "QEMU", "virtiofsd", "virtiofsd, its parent", "daemon", "guard");
            var qemu = Host.process("qemu-system", id);
            findsNothingButWhatItNeeds(qemu);
            mayUseFewDevices(qemu);
            sharesCoresWithNobody(id);
        }
    }

    @Test
    void ofAContainerWhoseNetworkComesLate() throws Exception {
        var id = newId();
        try (var shim = start("saya", id, Map.of(), "sleep", "1000")) {
            shim.create("", "", "");
            var namespace = "/proc/" + Host.process("qemu-system", id) + "/ns/net";
            host("ip link add prights type veth peer name prightsp");
            host("ip link set prights netns " + Host.process("qemu-system", id));
            in(namespace, "ip link set prights name eth0");
            in(namespace, "ip addr add 10.78.0.2/24 dev eth0");
            in(namespace, "ip link set eth0 up");
            shim.start("");
            assertThat(Wait.until(SOON, () -> hasTap(namespace))).isTrue();
            comparedWithTheTable(id, "QEMU", "virtiofsd", "guard", "daemon", "links, ports, names");
            findsNothingButWhatItNeeds(Host.process("qemu-system", id));
        }
    }

    @Test
    void ofAContainerInANetworkThatIsThere() throws Exception {
        var id = newId();
        var name = id + "n";
        host("ip netns add " + name);
        try {
            host("ip -n " + name + " link add eth0 type veth peer name eth0p");
            host("ip -n " + name + " addr add 10.78.1.2/24 dev eth0");
            host("ip -n " + name + " link set eth0 up");
            host("ip -n " + name + " link set eth0p up");
            try (var shim = startIn("/run/netns/" + name, Map.of(), id, "sleep", "1000")) {
                shim.create("", "", "");
                shim.start("");
                comparedWithTheTable(id, "QEMU", "virtiofsd", "guard", "daemon");
                var qemu = Host.process("qemu-system", id);
                assertThat(Files.getAttribute(Path.of("/proc/" + qemu + "/ns/net"), "unix:ino"))
                        .isEqualTo(Files.getAttribute(Path.of("/run/netns/" + name), "unix:ino"));
                findsNothingButWhatItNeeds(qemu);
            }
        } finally {
            host("ip netns del " + name);
        }
    }

    /** The file is served by virtiofsd: nobody gets a device node, or a right, for it. */
    @Test
    void ofAContainerWhoseRootIsADisk() throws Exception {
        var disk = RootDiskTest.disk(directory());
        var id = newId();
        try (var shim = start("saya", id, Map.of(), "sleep", "1000")) {
            shim.tasks().create(RootDiskTest.onDisk(shim, "", disk), Shim.within());
            shim.start("");
            comparedWithTheTable(
                    id, "QEMU", "virtiofsd", "virtiofsd, its parent", "daemon", "guard");
            var qemu = Host.process("qemu-system", id);
            findsNothingButWhatItNeeds(qemu);
            mayUseFewDevices(qemu);
        }
    }

    @Test
    void ofAContainerThatHasASocketOfTheHost() throws Exception {
        var socket = directory().toRealPath().resolve("host.sock");
        var file = directory().resolve("sockets.toml");
        Files.writeString(
                file,
                """
                [runtime]
                forward_sockets = true
                valid_socket_paths = ["%s"]
                """
                        .formatted(socket));
        var id = newId();
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            try (var shim =
                    startMounting(
                            Map.of("KATA_CONF_FILE", file.toString()),
                            socket,
                            "/socket",
                            id,
                            "sleep",
                            "1000")) {
                shim.create("", "", "");
                shim.start("");
                comparedWithTheTable(id, "QEMU", "virtiofsd", "guard", "daemon", "sockets");
            }
        }
    }

    private void comparedWithTheTable(String id, String... processes) {
        var guard = Host.process("saya-guard", id);
        for (var process : processes) {
            var pid = process.equals("guard") ? guard : find(process, id);
            var expected = here(Objects.requireNonNull(table.get(process), process));
            // One that has just been started is about to give its rights up.
            var _ = Wait.until(SOON, () -> rights(pid, guard).equals(expected));
            assertThat(rights(pid, guard)).as("%s, process %d", process, pid).isEqualTo(expected);
        }
    }

    private static List<String> rights(long pid, long guard) {
        var rights = ProcessRights.of(pid, guard);
        return List.of(
                rights.user(),
                rights.capabilities(),
                rights.noNewPrivileges(),
                rights.seccomp(),
                rights.namespaces());
    }

    /** The row, without capabilities that whoever runs this has none of to pass on. */
    private static List<String> here(List<String> row) {
        var possible = ProcessRights.possible();
        var capabilities =
                Arrays.stream(row.get(1).split(" ", -1))
                        .filter(name -> name.equals("none") || possible.contains(name))
                        .collect(joining(" "));
        return List.of(row.get(0), capabilities, row.get(2), row.get(3), row.get(4));
    }

    /** virtiofsd is two processes, of which one is the first of a pid namespace. */
    private static long find(String process, String id) {
        return switch (process) {
            case "QEMU" -> Host.process("qemu-system", id);
            case "daemon" -> Host.process("/bin/java", id);
            case "sockets" -> action("saya-sockets", id);
            case "links, ports, names" -> Host.process("/proc/self/exe", "-id " + id);
            case "virtiofsd, its parent" -> Host.processes("virtiofsd", "/" + id + "-").getFirst();
            case "virtiofsd" -> {
                Wait.until(SOON, () -> Host.processes("virtiofsd", "/" + id + "-").size() == 2);
                yield Host.processes("virtiofsd", "/" + id + "-").getLast();
            }
            default -> throw new AssertionError(process);
        };
    }

    /** One of the launcher's actions, by the name that it gives itself. */
    private static long action(String name, String id) {
        var found = new AtomicReference<>(List.<Long>of());
        Wait.until(
                SOON,
                () -> {
                    found.set(
                            Host.processes("/proc/self/exe", "-id " + id).stream()
                                    .filter(pid -> name.equals(name(pid)))
                                    .toList());
                    return found.get().size() == 1;
                });
        assertThat(found.get()).as(name).hasSize(1);
        return found.get().getFirst();
    }

    /** Empty for one that has ended meanwhile. */
    private static String name(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** All of its processes have one mark; where the kernel has none to give, that is said. */
    private static void sharesCoresWithNobody(String id) {
        var programs = Containerd.product().resolve("bin");
        var possible =
                Ran.run(COMMAND, programs.resolve("containerd-shim-saya-v2").toString(), "cores")
                                .status()
                        == 0;
        var said =
                Ran.run(COMMAND, programs.resolve("saya").toString(), "ps", id).succeeded().out();
        assertThat(said)
                .containsPattern(
                        possible
                                ? "(?m)^Cores: its own, by mark [0-9a-f]+$"
                                : "(?m)^Cores: not known: (this kernel has|no core of this host)");
    }

    private static void findsNothingButWhatItNeeds(long qemu) throws IOException {
        var root = Path.of("/proc/" + qemu + "/root");
        for (var absent :
                List.of("proc", "sys", "run", "root", "home", "tmp", "var", "dev/net", "dev/mem")) {
            assertThat(root.resolve(absent)).doesNotExist();
        }
        assertThat(root.resolve("dev/urandom")).exists();
        for (var mount : Files.readAllLines(Path.of("/proc/" + qemu + "/mountinfo"))) {
            assertThat(mount.split(" ", -1)[5]).as(mount).startsWith("ro,nosuid");
        }
        assertThat(Files.readString(Path.of("/proc/" + qemu + "/limits")))
                .containsPattern("Max core file size +0 +0 ")
                .containsPattern("Max processes +4096 +4096 ")
                .containsPattern("Max open files +4096 +4096 ");
    }

    /** Of version 1: on version 2 there is no such list. */
    private static void mayUseFewDevices(long qemu) throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/" + qemu + "/cgroup"))) {
            var fields = line.split(":", 3);
            if (Arrays.asList(fields[1].split(",", -1)).contains("devices")) {
                var list = Path.of("/sys/fs/cgroup/devices" + fields[2], "devices.list");
                Wait.until(SOON, () -> !allowed(list).contains("a *:* rwm"));
                assertThat(allowed(list))
                        .as("what may be opened")
                        .contains("c 1:3 rw", "c 10:232 rw")
                        .allMatch(
                                rule ->
                                        rule.endsWith(":* m")
                                                || (rule.startsWith(CHARACTER_DEVICE)
                                                        && rule.endsWith(" rw")));
            }
        }
    }

    private static List<String> allowed(Path list) {
        try {
            return Files.readAllLines(list);
        } catch (IOException e) {
            throw new AssertionError(list + " cannot be read", e);
        }
    }

    private static boolean hasTap(String namespace) {
        return Ran.run(COMMAND, "nsenter", "--net=" + namespace, "ip", "link")
                .out()
                .contains("_saya");
    }

    private static void in(String namespace, String command) {
        host("nsenter --net=" + namespace + " " + command);
    }

    private static void host(String command) {
        Ran.run(COMMAND, command.split(" ", -1)).succeeded();
    }

    /** The first column to the others. */
    private static Map<String, List<String>> table() {
        var page =
                Path.of(System.getProperty("saya.product", "."))
                        .resolve("../../../runtime-core/README.md")
                        .normalize();
        var rows = new HashMap<String, List<String>>();
        try {
            var within = false;
            for (var line : Files.readAllLines(page)) {
                within =
                        line.startsWith("| Process | User and group |")
                                || (within && line.startsWith("|"));
                if (within) {
                    var cells = Arrays.stream(line.split("\\|", -1)).map(String::strip).toList();
                    rows.put(cells.get(1), cells.subList(2, cells.size() - 1));
                }
            }
        } catch (IOException e) {
            throw new AssertionError(page + " cannot be read", e);
        }
        assertThat(rows).as("the table of %s", page).containsKeys("QEMU", "guard");
        return rows;
    }
}
