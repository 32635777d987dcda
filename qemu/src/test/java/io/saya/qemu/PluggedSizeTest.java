package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.json.Json;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.qemu.qmp.FakeQmpPeer;
import io.saya.qemu.qmp.QmpConnection;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is said on the monitor when memory and virtual CPUs come and go. */
@Timeout(60)
final class PluggedSizeTest {
    @TempDir Path directory;

    private final AtomicReference<PluggedCpus> listening = new AtomicReference<>();
    private FakeQmpPeer peer;
    private QmpConnection qmp;
    private FakeQmpPeer.Client qemu;
    private PluggedCpus cpus;
    private PluggedMemory memory;

    @FunctionalInterface
    private interface Call {
        int make() throws HypervisorFailure;
    }

    @BeforeEach
    void connect() throws Exception {
        peer = new FakeQmpPeer(directory.resolve("qmp"));
        qmp = QmpConnection.open(peer.socket(), "test", event -> listening.get().note(event));
        qemu = peer.acceptAndGreet();
        cpus = new PluggedCpus(qmp, 1);
        memory = new PluggedMemory(qmp, new VmSpec.Memory(194, 1026, MemoryBacking.ON_TOUCH));
        listening.set(cpus);
    }

    @AfterEach
    void close() throws Exception {
        qmp.close();
        peer.close();
    }

    private static CompletableFuture<Integer> begin(Call call) {
        CompletableFuture<Integer> made = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                made.complete(call.make());
                            } catch (HypervisorFailure e) {
                                made.completeExceptionally(e);
                            }
                        });
        return made;
    }

    private void answer(String command, String arguments, JsonValue reply) throws Exception {
        JsonObject asked = qemu.receive();
        assertThat(asked.string("execute")).contains(command);
        assertThat(asked.object("arguments").orElse(JsonObject.EMPTY))
                .isEqualTo(Json.parse(arguments));
        qemu.reply(asked, reply);
    }

    private static int made(CompletableFuture<Integer> call) throws Exception {
        return call.get(30, TimeUnit.SECONDS);
    }

    @Test
    void theDeviceIsMadeWithTheFirstMemoryAndResizedFromThenOn() throws Exception {
        assertThat(memory.request(100)).isEqualTo(194);
        assertThat(memory.mib()).isEqualTo(194);
        CompletableFuture<Integer> grown = begin(() -> memory.request(300));
        answer(
                "object-add",
                "{\"qom-type\":\"memory-backend-memfd\",\"id\":\"plugged-memory\",\"size\":939524096,\"share\":true,\"reserve\":false}",
                JsonObject.EMPTY);
        answer(
                "device_add",
                "{\"driver\":\"virtio-mem-pci\",\"id\":\"plugged-memory-dev\",\"memdev\":\"plugged-memory\",\"bus\":\"plugm\",\"addr\":\"0x0\",\"disable-legacy\":\"on\",\"requested-size\":113246208}",
                JsonObject.EMPTY);
        assertThat(made(grown)).isEqualTo(194 + 108);
        CompletableFuture<Integer> had = begin(memory::mib);
        answer(
                "qom-get",
                "{\"path\":\"/machine/peripheral/plugged-memory-dev\",\"property\":\"size\"}",
                JsonNumber.of(4 << 20));
        assertThat(made(had)).isEqualTo(198);
        CompletableFuture<Integer> most = begin(() -> memory.request(9999));
        answer(
                "qom-set",
                "{\"path\":\"/machine/peripheral/plugged-memory-dev\",\"property\":\"requested-size\",\"value\":872415232}",
                JsonObject.EMPTY);
        assertThat(made(most)).isEqualTo(1026);
        CompletableFuture<Integer> least = begin(() -> memory.request(1));
        answer(
                "qom-set",
                "{\"path\":\"/machine/peripheral/plugged-memory-dev\",\"property\":\"requested-size\",\"value\":0}",
                JsonObject.EMPTY);
        assertThat(made(least)).isEqualTo(194);
    }

    /** Of a machine that grows by modules; two of them at most. */
    private PluggedModules modules(List<VmSpec.MemoryNode> nodes) {
        return new PluggedModules(
                qmp,
                new VmSpec.Memory(
                        194,
                        1026,
                        MemoryBacking.ON_TOUCH,
                        new VmSpec.MemoryGrowth.Modules(2),
                        nodes),
                2);
    }

    private void answersStatus(String states) throws Exception {
        answer("query-acpi-ospm-status", "{}", Json.parse(states));
    }

    @Test
    void modulesComeInWholeBlocksUntilTheSlotsAreUsedAndStay() throws Exception {
        PluggedModules dimms = modules(List.of());
        assertThat(dimms.request(100)).isEqualTo(194);
        CompletableFuture<Integer> grown = begin(() -> dimms.request(300));
        answer(
                "object-add",
                "{\"qom-type\":\"memory-backend-memfd\",\"id\":\"module-0\",\"size\":134217728,\"share\":true}",
                JsonObject.EMPTY);
        answer(
                "device_add",
                "{\"driver\":\"pc-dimm\",\"id\":\"module-0-dev\",\"memdev\":\"module-0\",\"slot\":0}",
                JsonObject.EMPTY);
        assertThat(made(grown)).isEqualTo(194 + 128);
        assertThat(dimms.request(194)).as("nothing is given back").isEqualTo(194 + 128);
        CompletableFuture<Integer> most = begin(() -> dimms.request(9999));
        answer(
                "object-add",
                "{\"qom-type\":\"memory-backend-memfd\",\"id\":\"module-1\",\"size\":671088640,\"share\":true}",
                JsonObject.EMPTY);
        answer(
                "device_add",
                "{\"driver\":\"pc-dimm\",\"id\":\"module-1-dev\",\"memdev\":\"module-1\",\"slot\":1}",
                JsonObject.EMPTY);
        assertThat(made(most)).as("whole blocks below the ceiling").isEqualTo(962);
        assertThat(dimms.request(9999)).as("without a slot").isEqualTo(962);
        GrowingMemory next = GrowingMemory.goingOn(qmp, dimms.held());
        assertThat(next.held()).isEqualTo(dimms.held());
        assertThat(next.request(9999)).isEqualTo(962);
    }

    /** Who looks has the guest use what there is, so only then it counts. */
    @Test
    void aModuleCountsOnceTheGuestHasToldThatItHasIt() throws Exception {
        PluggedModules dimms = modules(List.of());
        assertThat(dimms.mib()).isEqualTo(194);
        CompletableFuture<Integer> grown = begin(() -> dimms.request(300));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        assertThat(made(grown)).isEqualTo(322);
        CompletableFuture<Integer> before = begin(dimms::mib);
        answersStatus("[{\"slot\":\"0\",\"device\":\"module-0-dev\",\"source\":0,\"status\":0}]");
        assertThat(made(before)).isEqualTo(194);
        String told = "[{\"slot\":\"0\",\"device\":\"module-0-dev\",\"source\":1,\"status\":0}]";
        CompletableFuture<Integer> found = begin(dimms::mib);
        answersStatus(told);
        assertThat(made(found)).isEqualTo(194);
        CompletableFuture<Integer> used = begin(dimms::mib);
        answersStatus(told);
        assertThat(made(used)).isEqualTo(322);
    }

    @Test
    void aModuleThatIsRefusedTakesItsMemoryWithItAndItsSlotIsFree() throws Exception {
        PluggedModules dimms = modules(List.of());
        CompletableFuture<Integer> grown = begin(() -> dimms.request(300));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        qemu.refuse(qemu.receive(), "a used vhost backend has no free memory slots left");
        answer("object-del", "{\"id\":\"module-0\"}", JsonObject.EMPTY);
        assertThatThrownBy(() -> made(grown))
                .hasMessageContaining("plug a memory module of 128 MiB")
                .hasMessageContaining("no free memory slots left");
        var _ = begin(() -> dimms.request(300));
        assertThat(qemu.receive().toString()).contains("module-0");
    }

    @Test
    void modulesAreInTheGuestsNodesInTurn() throws Exception {
        PluggedModules dimms =
                modules(
                        List.of(
                                new VmSpec.MemoryNode(List.of(0)),
                                new VmSpec.MemoryNode(List.of(1, 2))));
        for (String expected : List.of("[0]", "[1,2]")) {
            CompletableFuture<Integer> grown =
                    begin(() -> dimms.request(expected.equals("[0]") ? 300 : 400));
            JsonObject backend = qemu.receive();
            assertThat(backend.toString())
                    .contains("\"host-nodes\":" + expected + ",\"policy\":\"bind\"");
            qemu.reply(backend, JsonObject.EMPTY);
            JsonObject module = qemu.receive();
            assertThat(module.toString()).contains("\"node\":" + (expected.equals("[0]") ? 0 : 1));
            qemu.reply(module, JsonObject.EMPTY);
            made(grown);
        }
        GrowingMemory next = GrowingMemory.goingOn(qmp, dimms.held());
        assertThat(next.held()).isEqualTo(dimms.held());
    }

    private static final JsonValue PLACES =
            Json.parse(
                    "[{\"type\":\"max-x86_64-cpu\",\"props\":{\"socket-id\":2}},{\"type\":\"max-x86_64-cpu\",\"props\":{\"socket-id\":1}},{\"type\":\"max-x86_64-cpu\",\"props\":{\"socket-id\":0},\"qom-path\":\"/machine/x\"}]");

    @Test
    void cpusGoIntoTheLowestPlacesAndTheNewestLeavesFirst() throws Exception {
        CompletableFuture<Integer> more = begin(() -> cpus.set(3));
        answer("query-hotpluggable-cpus", "{}", PLACES);
        answersAsKvm();
        answer(
                "device_add",
                "{\"driver\":\"max-x86_64-cpu\",\"id\":\"cpu-0\",\"socket-id\":1}",
                JsonObject.EMPTY);
        answersAsKvm();
        answer(
                "device_add",
                "{\"driver\":\"max-x86_64-cpu\",\"id\":\"cpu-1\",\"socket-id\":2}",
                JsonObject.EMPTY);
        assertThat(made(more)).isEqualTo(3);
        CompletableFuture<Integer> fewer = begin(() -> cpus.set(2));
        answer("query-kvm", "{}", accelerated(true));
        answer("device_del", "{\"id\":\"cpu-1\"}", JsonObject.EMPTY);
        qemu.event("DEVICE_DELETED", JsonObject.builder().put("device", "cpu-1").build());
        assertThat(made(fewer)).isEqualTo(2);
        assertThat(cpus.count()).isEqualTo(2);
    }

    /** No machine that is not emulated has such a cache. */
    private void answersAsKvm() throws Exception {
        JsonObject asked = qemu.receive();
        assertThat(asked.string("execute")).contains("x-query-jit");
        qemu.refuse(asked, "JIT information is only available with accel=tcg");
    }

    private static JsonValue translated(long used) {
        return JsonObject.builder()
                .put(
                        "human-readable-text",
                        "Translation buffer state:\ngen code size       "
                                + used
                                + "/67100672\nTB count            1\n")
                .build();
    }

    /** QEMU 7.2 aborts when a CPU is plugged and no piece of that cache is left. */
    @Test
    void noCpuIsPluggedWhileTheCacheOfTranslatedCodeIsNearlyFull() throws Exception {
        CompletableFuture<Integer> full = begin(() -> cpus.set(2));
        answer("query-hotpluggable-cpus", "{}", PLACES);
        answer("x-query-jit", "{}", translated(63L << 20));
        assertThat(made(full)).isEqualTo(1);
        CompletableFuture<Integer> emptied = begin(() -> cpus.set(2));
        answer("query-hotpluggable-cpus", "{}", PLACES);
        answer("x-query-jit", "{}", translated(30L << 20));
        answer(
                "device_add",
                "{\"driver\":\"max-x86_64-cpu\",\"id\":\"cpu-0\",\"socket-id\":1}",
                JsonObject.EMPTY);
        assertThat(made(emptied)).isEqualTo(2);
    }

    private static JsonValue accelerated(boolean kvm) {
        return JsonObject.builder().put("enabled", kvm).put("present", true).build();
    }

    /** QEMU 7.2 dies of the second CPU that is plugged into one place of an emulated machine. */
    @Test
    void anEmulatedMachineKeepsItsCpusAndHasThemWhenTheyAreWantedAgain() throws Exception {
        CompletableFuture<Integer> more = begin(() -> cpus.set(2));
        answer("query-hotpluggable-cpus", "{}", PLACES);
        answersAsKvm();
        answer(
                "device_add",
                "{\"driver\":\"max-x86_64-cpu\",\"id\":\"cpu-0\",\"socket-id\":1}",
                JsonObject.EMPTY);
        assertThat(made(more)).isEqualTo(2);
        CompletableFuture<Integer> fewer = begin(() -> cpus.set(1));
        answer("query-kvm", "{}", accelerated(false));
        assertThat(made(fewer)).isEqualTo(2);
        assertThat(cpus.set(2)).as("without a word to QEMU").isEqualTo(2);
    }

    @Test
    void thereAreNoMoreThanThereArePlacesForAndThoseOfTheStartStay() throws Exception {
        CompletableFuture<Integer> most = begin(() -> cpus.set(99));
        answer("query-hotpluggable-cpus", "{}", Json.parse("[]"));
        assertThat(made(most)).isEqualTo(1);
        assertThat(cpus.set(0)).isEqualTo(1);
    }

    @Test
    void aGuestThatKeepsACpuIsSaidSo() throws Exception {
        CompletableFuture<Integer> more = begin(() -> cpus.set(2));
        answer("query-hotpluggable-cpus", "{}", PLACES);
        answersAsKvm();
        answer(
                "device_add",
                "{\"driver\":\"max-x86_64-cpu\",\"id\":\"cpu-0\",\"socket-id\":1}",
                JsonObject.EMPTY);
        assertThat(made(more)).isEqualTo(2);
        CompletableFuture<Integer> fewer = begin(() -> cpus.set(1));
        answer("query-kvm", "{}", accelerated(true));
        answer("device_del", "{\"id\":\"cpu-0\"}", JsonObject.EMPTY);
        qemu.event(
                "DEVICE_UNPLUG_GUEST_ERROR", JsonObject.builder().put("device", "cpu-0").build());
        assertThatThrownBy(() -> made(fewer))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("cpu-0: the guest does not let go of it");
        assertThat(cpus.count()).isEqualTo(2);
    }
}
