package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.test.task.NetworkCell.Model;
import io.saya.test.task.NetworkCell.Strike;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever becomes of a start or of a sandbox, a network namespace that somebody else owns is then
 * as it was, and so are this process's descriptors, processes and directories.
 */
@WithProduct
final class NetworkUndoTest extends ShimSuite {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration UNDONE = Duration.ofSeconds(15);
    private static final boolean FULL = "1".equals(System.getProperty("saya.full"));
    private static final List<Model> JOINED = List.of(Model.TCFILTER, Model.MACVTAP);

    /** Guard and daemon are killed, and nobody but the operator's command undoes it. */
    private static final String CLEANUP = "saya cleanup";

    private static final String NAME = "undo" + ProcessHandle.current().pid();

    private final List<String> table = new ArrayList<>();
    private @Nullable PodNamespace pod;

    @BeforeAll
    void makeNamespace() {
        pod = new PodNamespace(NAME);
    }

    @AfterAll
    void removeNamespace() {
        pod().close();
        System.out.println("| model | what happens | when | seconds until all was as before |");
        System.out.println("|---|---|---|---|");
        table.forEach(System.out::println);
    }

    static Stream<NetworkCell> some() {
        return NetworkCell.cells(false);
    }

    static Stream<NetworkCell> all() {
        return NetworkCell.cells(true);
    }

    @ParameterizedTest
    @MethodSource("some")
    void nothingIsLeftOf(NetworkCell cell) throws Exception {
        run(cell);
    }

    @Tag("full")
    @ParameterizedTest
    @MethodSource("all")
    void nothingIsEverLeftOf(NetworkCell cell) throws Exception {
        run(cell);
    }

    /**
     * One sandbox after the other in the same namespace; with limits, where there are any. What
     * does not depend on how the interface is joined is tried with one model by default.
     */
    @ParameterizedTest
    @EnumSource(names = {"LIMITED", "MACVTAP"})
    void theInterfaceWorksBeforeAndAfterAnEndOfEachKind(Model model) throws Exception {
        var before = pod().settledState();
        var descriptors = PodNamespace.descriptors();
        for (var end :
                FULL || model == Model.LIMITED
                        ? List.of("stop", "QEMU", "DAEMON", "GUARD", CLEANUP, "stop")
                        : List.of("QEMU", CLEANUP, "stop")) {
            var id = newId();
            var begun = new long[1];
            var environment = new HashMap<>(environment(model));
            if (end.equals(CLEANUP)) {
                // What others have left on this host is none of this test's business.
                environment.put("SAYA_RUN_DIR", directory().resolve("run").toString());
            }
            try (var shim = startIn(pod().path(), environment, id, "sleep", "1000")) {
                shim.create("", "", "");
                shim.start("");
                assertThat(pod().answers()).as("ping, %s", model).isTrue();
                assertThat(pod().state()).isNotEqualTo(before);
                begun[0] = System.nanoTime();
                if (end.equals(CLEANUP)) {
                    Strike.GUARD.strike(id);
                    cleanUp(environment, before, id);
                } else if (!end.equals("stop")) {
                    Strike.valueOf(end).strike(id);
                }
            }
            Shim.deleteDead(directory(), id, environment).succeeded();
            assertAsBefore(before, id);
            note(model, end, "running", begun[0]);
        }
        assertDescriptors(descriptors);
    }

    /** The operator's command, for which nothing is left by containerd's call. */
    private void cleanUp(Map<String, String> environment, String before, String id)
            throws IOException {
        assertThat(Wait.until(UNDONE, () -> Host.processes("", id).isEmpty())).isTrue();
        assertThat(pod().state()).as("nobody has undone it").isNotEqualTo(before);
        var cleanup =
                Ran.run(
                        LIMIT,
                        Path.of("/dev/null"),
                        environment,
                        Containerd.product() + "/bin/saya",
                        "cleanup",
                        "--yes");
        assertThat(cleanup.succeeded().out()).contains("Removed", id);
        assertAsBefore(before, id);
        try (var left = Files.list(directory().resolve("run"))) {
            assertThat(left.map(Path::toString)).noneMatch(file -> file.contains(id));
        }
    }

    @Test
    void aNameThatIsTakenIsRefusedAndStays() throws Exception {
        pod().in("link add veth0_saya type bridge");
        try {
            for (var model : JOINED) {
                refused(model, id -> {}, "", "phase network", "veth0_saya is there already");
            }
        } finally {
            pod().in("link del veth0_saya");
        }
    }

    @Test
    void aQdiscOfSomebodyElseIsRefusedAndStays() throws Exception {
        pod().tc("qdisc add dev eth0 clsact");
        try {
            refused(Model.TCFILTER, id -> {}, "", "phase network", "eth0 has a qdisc clsact");
        } finally {
            pod().tc("qdisc del dev eth0 clsact");
        }
    }

    @Test
    void anInterfaceThatIsAPortOfABridgeTakesNoMacvtap() throws Exception {
        pod().in("link add br0 type bridge");
        pod().in("link set eth0 master br0");
        try {
            refused(Model.MACVTAP, id -> {}, "", "phase network", "macvtap on eth0", "busy");
        } finally {
            pod().in("link del br0");
        }
    }

    @Test
    void aNamespaceThatIsNotThereIsNamed() throws Exception {
        for (var model : JOINED) {
            var id = newId();
            var failure = outcome(start(model, id, "/run/netns/" + NAME + "-none"));
            assertThat(failure).contains("phase network", "/run/netns/" + NAME + "-none");
            Shim.deleteDead(directory(), id, environment(model)).succeeded();
        }
    }

    @Test
    void aDirectlyAttachedNetworkIsRefused() throws Exception {
        var directory = Files.createDirectories(directory().resolve("dans"));
        var id = newId();
        var file = Files.writeString(directory.resolve(id + ".json"), "{}");
        assertThat(outcome(start(Model.TCFILTER, id, pod().path())))
                .contains("phase network", file.toString(), "dan_conf");
    }

    /** Each before the tap is opened, after that, and while the sandbox runs. */
    @ParameterizedTest
    @EnumSource(names = {"TCFILTER", "MACVTAP"})
    void aNamespaceThatVanishesIsNothingToUndo(Model model) throws Exception {
        for (var moment :
                FULL || model == Model.TCFILTER
                        ? List.of("start-spawn", "network-interface", "")
                        : List.of("")) {
            try (var own = new PodNamespace(NAME + "v")) {
                var id = newId();
                if (moment.isEmpty()) {
                    try (var shim = startIn(own.path(), environment(model), id, "sleep", "1000")) {
                        shim.create("", "", "");
                        shim.start("");
                        own.vanish();
                    }
                } else {
                    var failpoint = failpoint(id, moment, "pause");
                    var call = start(model, id, own.path());
                    await(failpoint);
                    own.vanish();
                    Files.delete(failpoint);
                    if (moment.equals("start-spawn")) {
                        assertThat(outcome(call)).contains("phase QEMU spawn", own.path());
                    } else {
                        outcome(call);
                    }
                }
                Shim.deleteDead(directory(), id, environment(model)).succeeded();
                assertThat(Wait.until(UNDONE, () -> Host.traces(id).isEmpty()))
                        .as(Host.traces(id).toString())
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TCFILTER", "MACVTAP"})
    void anInterfaceThatIsRemovedMeanwhileIsNamed(Model model) throws Exception {
        try (var own = new PodNamespace(NAME + "r")) {
            var id = newId();
            var failpoint =
                    failpoint(
                            id,
                            model == Model.TCFILTER ? "start-spawn" : "network-record",
                            "pause");
            var call = start(model, id, own.path());
            await(failpoint);
            own.in("link del eth0");
            var before = own.state();
            Files.delete(failpoint);
            assertThat(outcome(call)).contains("phase network", "eth0", "no such interface");
            Shim.deleteDead(directory(), id, environment(model)).succeeded();
            assertThat(Wait.until(UNDONE, () -> own.state().equals(before))).isTrue();
        }
    }

    /** The gateway of a route cannot be reached by what the guest is told. */
    @Test
    void aRouteThatTheGuestRefusesIsNamed() throws Exception {
        pod().in("route add 192.0.2.1 dev eth0");
        pod().in("route add 198.51.100.0/24 via 192.0.2.1 dev eth0");
        pod().in("route del 192.0.2.1 dev eth0");
        try {
            refused(Model.TCFILTER, id -> {}, "", "phase network", "192.0.2.1", "eth0");
        } finally {
            pod().in("route del 198.51.100.0/24");
        }
    }

    private void run(NetworkCell cell) throws Exception {
        var begun = new long[1];
        refused(
                cell.model(),
                id -> {
                    var failpoint = failpoint(id, cell.moment(), cell.action());
                    if (cell.strike() == Strike.FAILS) {
                        begun[0] = System.nanoTime();
                        return;
                    }
                    var _ =
                            CompletableFuture.runAsync(
                                    () -> {
                                        await(failpoint);
                                        begun[0] = System.nanoTime();
                                        cell.strike().strike(id);
                                        remove(failpoint);
                                    },
                                    Thread::startVirtualThread);
                },
                cell.toString(),
                cell.names().toArray(String[]::new));
        note(
                cell.model(),
                cell.strike().name(),
                cell.toString().replaceFirst(".* at ", ""),
                begun[0]);
    }

    /** A start that does not succeed, after which all is as before. */
    private void refused(Model model, Consumer<String> prepare, String what, String... names)
            throws IOException {
        var before = pod().settledState();
        var descriptors = PodNamespace.descriptors();
        var id = newId();
        prepare.accept(id);
        var failure = outcome(start(model, id, pod().path()));
        assertThat(failure).as("failure, %s", what).isNotEmpty();
        for (var name : names) {
            assertThat(failure).as("failure, %s", what).contains(name);
        }
        Shim.deleteDead(directory(), id, environment(model)).succeeded();
        assertAsBefore(before, id);
        assertDescriptors(descriptors);
    }

    /** Start and Create, as containerd makes them, and the end that it makes of what failed. */
    private CompletableFuture<String> start(Model model, String id, String namespace) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        try (var shim =
                                startIn(namespace, environment(model), id, "sleep", "1000")) {
                            shim.create("", "", "");
                            return "";
                        }
                    } catch (TtrpcException | IOException | AssertionError e) {
                        return String.valueOf(e.getMessage());
                    } catch (InterruptedException e) {
                        throw new CompletionException(e);
                    }
                },
                Thread::startVirtualThread);
    }

    private static String outcome(CompletableFuture<String> call) {
        return call.orTimeout(2 * LIMIT.toSeconds(), java.util.concurrent.TimeUnit.SECONDS).join();
    }

    private void assertAsBefore(String before, String id) {
        if (!Wait.until(UNDONE, () -> Host.traces(id).isEmpty() && pod().state().equals(before))) {
            assertThat(Host.traces(id)).isEmpty();
            assertThat(pod().state()).isEqualTo(before);
        }
    }

    private static void assertDescriptors(String before) {
        if (!Wait.until(UNDONE, () -> PodNamespace.descriptors().equals(before))) {
            assertThat(PodNamespace.descriptors()).isEqualTo(before);
        }
    }

    private void note(Model model, String what, String when, long begun) {
        table.add(
                "| %s | %s | %s | %.1f |"
                        .formatted(model, what, when, (System.nanoTime() - begun) / 1e9));
    }

    private PodNamespace pod() {
        return java.util.Objects.requireNonNull(pod);
    }

    private Map<String, String> environment(Model model) {
        try {
            var file = directory().resolve(model.name() + ".toml");
            Files.writeString(
                    file,
                    model.configuration()
                            + "dan_conf = \"%s\"\n".formatted(directory().resolve("dans")));
            return Map.of(
                    "SAYA_CONF_FILE",
                    file.toString(),
                    "SAYA_JAVA_OPTIONS",
                    "-Dsaya.failpoints=" + directory().resolve("failpoints"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path failpoint(String id, String moment, String action) {
        try {
            var directory = directory().resolve("failpoints").resolve(id);
            return Files.writeString(Files.createDirectories(directory).resolve(moment), action);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(Path failpoint) {
        var reached = failpoint.resolveSibling(failpoint.getFileName() + ".reached");
        if (!Wait.until(LIMIT, () -> Files.exists(reached))) {
            throw new AssertionError("the daemon does not come to " + failpoint);
        }
    }

    private static void remove(Path failpoint) {
        try {
            Files.deleteIfExists(failpoint);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
