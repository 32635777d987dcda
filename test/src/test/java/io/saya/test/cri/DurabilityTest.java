package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.saya.proto.cri.Capability;
import io.saya.proto.cri.ContainerConfig;
import io.saya.proto.cri.Device;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Databases whose pod is killed in the middle of their work. What they have told as committed is on
 * the host, and whole, wherever they keep it: with a Kill as with runc, and when the machine dies,
 * which is a power cut for them, as they promise for that.
 */
@WithProduct
final class DurabilityTest extends PodSuite {

    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final Path POSTGRES = Path.of("/usr/lib/postgresql/15/bin");
    private static final List<String> PLACES = List.of("root", "hostPath", "emptyDir", "block");

    private static final String ON_DISKS =
            """
            [hypervisor.qemu]
            disable_block_device_use = false
            pcie_root_port = 1
            [runtime]
            emptydir_mode = "block-plain"
            """;

    /**
     * One client for each place; what it prints has been committed. sqlite3 writes what it has to
     * say before it reads the next line.
     *
     * @param synchronous FULL, the default, or EXTRA: only that promises that the last transaction
     *     outlives a power cut
     */
    private static String sqlite(String synchronous) {
        return """
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin
            mkdir /block; mount -t ext4 /dev/volume /block || exit 1
            for place in root hostPath emptyDir block; do
              mkdir -p /$place/db
              {
                echo 'pragma synchronous = %s; create table t (n integer, filler blob);'
                i=0
                while i=$((i + 1)); do
                  echo "begin; insert into t values ($i, randomblob(3000)); delete from t where n = $i - 50; commit; select '$place $i';"
                done
              } | sqlite3 -bail /$place/db/sqlite &
            done
            wait
            """
                .formatted(synchronous);
    }

    /**
     * PostgreSQL runs as no one but an ordinary user. Its initdb syncs what it makes, unless it is
     * told not to: what is not synced does not outlive a power cut.
     */
    private static final String POSTGRESQL =
            """
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin
            set -e
            echo 'postgres:x:70:70::/:/bin/sh' >> /etc/passwd
            echo 'postgres:x:70:' >> /etc/group
            mkdir -p /tmp /block; chmod 1777 /tmp
            mount -t ext4 /dev/volume /block
            port=5432
            for place in root hostPath emptyDir block; do
              mkdir -p /$place/db; chown 70:70 /$place/db; chmod 700 /$place/db
              port=$((port + 1))
              su postgres -c "set -e
                initdb -D /$place/db -A trust --no-locale >/tmp/initdb.$place 2>&1
                postgres -D /$place/db -p $port -k /tmp >/tmp/postgres.$place 2>&1 &
                until psql -h /tmp -p $port -d postgres -qc 'create table t (n integer, filler text)' 2>/dev/null; do sleep 0.2; done
                i=0
                while i=\\$((i + 1)); do
                  echo \\"insert into t values (\\$i, repeat(md5(\\$i::text), 50)); select '$place ' || \\$i;\\"
                done | psql -h /tmp -p $port -d postgres -qAt" &
            done
            wait
            """;

    private String device = "";

    @Override
    protected Node newNode() {
        return Node.with(ON_DISKS);
    }

    @Test
    void whatSqliteHasCommittedSurvivesTheMachine() throws IOException {
        sqliteIsWhole(sqlite("extra"), DurabilityTest::killMachine);
    }

    @Test
    void whatSqliteHasCommittedSurvivesAKill() throws IOException {
        sqliteIsWhole(sqlite("full"), this::killPod);
    }

    private void sqliteIsWhole(String script, Consumer<Pod> kill) throws IOException {
        var programs = new Programs(made("sqlite"), List.of("sqlite3"));
        var killed = killed(programs, script, 30, kill);
        for (var place : PLACES) {
            var database = killed.directory(place).resolve("db/sqlite");
            var found =
                    answers(
                                    database,
                                    """
                                    pragma integrity_check;
                                    select max(n) from t;
                                    select count(*) - (max(n) - min(n) + 1) from t;""")
                            .lines()
                            .toList();
            assertThat(found).as(place).hasSize(3).startsWith("ok");
            assertThat(Integer.parseInt(found.get(1)))
                    .as("the last transaction; committed on %s", place)
                    .isGreaterThanOrEqualTo(killed.committed(place));
            assertThat(found.get(2)).as("rows missing in between on %s", place).isEqualTo("0");
        }
    }

    @Test
    @Tag("full")
    @Timeout(900)
    void whatPostgresHasCommittedSurvivesTheMachine() throws IOException {
        postgresIsWhole(DurabilityTest::killMachine);
    }

    @Test
    @Tag("full")
    @Timeout(900)
    void whatPostgresHasCommittedSurvivesAKill() throws IOException {
        postgresIsWhole(this::killPod);
    }

    private void postgresIsWhole(Consumer<Pod> kill) throws IOException {
        assumeThat(POSTGRES.resolve("postgres")).as("package postgresql-15").exists();
        var programs =
                new Programs(
                        made("postgresql"),
                        List.of(
                                POSTGRES.resolve("postgres").toString(),
                                POSTGRES.resolve("initdb").toString(),
                                POSTGRES.resolve("psql").toString(),
                                "/usr/lib/postgresql/15/lib",
                                "/usr/share/postgresql/15"));
        var killed = killed(programs, POSTGRESQL, 30, kill);
        for (var place : PLACES) {
            var data = killed.directory(place).resolve("db");
            // A server by itself replays its journal as it starts.
            var found =
                    Ran.run(
                                    LIMIT,
                                    "sh",
                                    "-ec",
                                    """
                                    chown -R postgres "$0"
                                    way=$0; while [ "$way" != /tmp ]; do way=$(dirname "$way"); chmod a+x "$way"; done
                                    rm -f "$0/postmaster.pid"
                                    echo 'select max(n), count(*), count(distinct n) from t' |
                                        su postgres -s /bin/sh -c "cd /; $1/postgres --single -D $0 postgres"
                                    """,
                                    data.toString(),
                                    POSTGRES.toString())
                            .succeeded()
                            .out();
            var numbers =
                    found.lines()
                            .filter(line -> line.contains(" = \""))
                            .map(line -> line.replaceAll(".* = \"([0-9]+)\".*", "$1"))
                            .map(Integer::parseInt)
                            .toList();
            assertThat(numbers).as(found).hasSize(3);
            assertThat(numbers.getFirst())
                    .as("the last transaction, committed on %s", place)
                    .isGreaterThanOrEqualTo(killed.committed(place));
            assertThat(numbers).as("none is missing").containsOnly(numbers.getFirst());
        }
    }

    /**
     * What is left of a machine.
     *
     * @param printed what its databases had said by then
     * @param directories by place, what the host finds there
     */
    private record Killed(Collection<String> printed, Map<String, Path> directories) {

        Path directory(String place) {
            return Objects.requireNonNull(directories.get(place), place);
        }

        /** The number of the last transaction that was told. */
        int committed(String place) {
            return printed.stream()
                    .filter(line -> line.startsWith(place + " "))
                    .mapToInt(line -> Integer.parseInt(line.substring(place.length() + 1)))
                    .max()
                    .orElse(0);
        }
    }

    /** SIGKILL to QEMU, which nobody expects. */
    private static void killMachine(Pod pod) {
        Host.processes("qemu-system", pod.id()).forEach(Host::kill);
    }

    /** SIGKILL to the sandbox, as its runtime gets it. */
    private void killPod(Pod pod) {
        var _ =
                node().containerd()
                        .ctr(LIMIT, "tasks", "kill", "--signal", "SIGKILL", pod.id())
                        .succeeded();
    }

    /** Runs a script until it has printed so many lines for each place, and kills its pod. */
    private Killed killed(Programs programs, String script, int enough, Consumer<Pod> kill)
            throws IOException {
        var place = made("places");
        var hostPath = Files.createDirectories(place.resolve("hostPath"));
        var emptyDir =
                Files.createDirectories(place.resolve("volumes/kubernetes.io~empty-dir/scratch"));
        var volume = Files.createDirectories(place.resolve("block")).resolve("volume.ext4");
        var _ = Ran.run(LIMIT, "mke2fs", "-q", "-t", "ext4", volume.toString(), "512m").succeeded();
        device =
                Ran.run(LIMIT, "losetup", "-f", "--show", volume.toString())
                        .succeeded()
                        .out()
                        .strip();
        var pod = pod();
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config -> {
                                    programs.addTo(config);
                                    addVolume(config);
                                    Pod.mount(config, hostPath, "/hostPath", false);
                                    Pod.mount(config, emptyDir, "/emptyDir", false);
                                    return config.addCommand("sh").addArgs("-c").addArgs(script);
                                }));
        Predicate<String> written =
                at -> new Killed(pod.log(container), Map.of()).committed(at) >= enough;
        if (!Wait.until(LIMIT, () -> PLACES.stream().allMatch(written))) {
            throw new AssertionError("too slow: " + pod.log(container));
        }
        kill.accept(pod);
        Wait.until(LIMIT, () -> Host.processes("qemu-system", pod.id()).isEmpty());
        detachVolume();
        var _ = pod.exited(container);
        return new Killed(
                pod.log(container),
                Map.of(
                        "root",
                        read(upper(container), "upper/root", place.resolve("of-root")),
                        "hostPath",
                        hostPath,
                        "emptyDir",
                        read(
                                emptyDir.resolve(".saya-emptydir.ext4"),
                                "volume",
                                place.resolve("of-emptyDir")),
                        "block",
                        read(volume, ".", place.resolve("of-block"))));
    }

    /** A block device, and the right to mount it. */
    private void addVolume(ContainerConfig.Builder config) {
        config.addDevices(
                Device.newBuilder()
                        .setHostPath(device)
                        .setContainerPath("/dev/volume")
                        .setPermissions("rwm"));
        config.getLinuxBuilder()
                .getSecurityContextBuilder()
                .setCapabilities(Capability.newBuilder().addAddCapabilities("SYS_ADMIN"));
    }

    /** What is in the device's own cache reaches its file by this. */
    @AfterEach
    void detachVolume() {
        if (!device.isEmpty()) {
            Ran.run(LIMIT, "losetup", "-d", device);
            device = "";
        }
    }

    /** Replays a copy of a disk's journal, as a kernel does, and copies a directory out of it. */
    private static Path read(Path disk, String directory, Path target) throws IOException {
        Files.createDirectories(target);
        var _ =
                Ran.run(
                                LIMIT,
                                "sh",
                                "-ec",
                                """
                                cp --sparse=always "$0" "$2.ext4"
                                e2fsck -p "$2.ext4" >"$2.log" || [ $? = 1 ]
                                e2fsck -fn "$2.ext4" >>"$2.log" 2>&1
                                debugfs -R "rdump /$1/db $2" "$2.ext4" 2>>"$2.log"
                                """,
                                disk.toString(),
                                directory,
                                target.toString())
                        .succeeded();
        return target;
    }

    private Path upper(String container) {
        var snapshots =
                Ran.run(
                                LIMIT,
                                "find",
                                node().containerd().directory().toString(),
                                "-xdev",
                                "-name",
                                ".saya-upper.ext4")
                        .out();
        assertThat(snapshots.lines()).as("disks; of %s", container).hasSize(1);
        return Path.of(snapshots.strip());
    }

    private static String answers(Path database, String statements) {
        return Ran.run(LIMIT, "sqlite3", database.toString(), statements).succeeded().out();
    }

    private Path made(String name) {
        return node().logs().resolveSibling(name + "-" + System.nanoTime());
    }
}
