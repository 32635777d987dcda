package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cgroup.CgroupPlacement;
import io.saya.cgroup.PlannedCgroups;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.network.NetworkRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The record is what packaging/launcher/record-fields.json describes; the launcher's test reads the
 * same samples.
 */
class SandboxRecordTest {
    private static final Path LAUNCHER = Path.of("../packaging/launcher");
    private static final Path RUN_DIRECTORY = Path.of("/run/saya/sandbox-1-0123456789ab");
    private static final Path NAMESPACE = Path.of("/run/netns/cni-1");

    @TempDir Path directory;

    @Test
    void aRecordOfEverythingIsTheCompleteSample() throws Exception {
        Path hierarchies = directory.resolve("cgroup");
        CgroupPlacement cgroup =
                PlannedCgroups.in(hierarchies, "/pod1/saya_sandbox-1", List.of("memory", "pids"));
        NetworkRecord network =
                new NetworkRecord(
                        NAMESPACE,
                        List.of("eth0", "net1"),
                        List.of("eth0"),
                        List.of("veth0_saya"),
                        List.of(new NetworkRecord.Restore("eth0", 2, "2c00000010000500")),
                        List.of(
                                new NetworkRecord.Pci("0000:01:00.0", "ixgbe"),
                                new NetworkRecord.Pci("0000:02:00.0", "")));

        JsonObject written = saved(cgroup, Optional.of(network));

        assertThat(Json.write(written).replace(hierarchies.toString(), "/sys/fs/cgroup"))
                .isEqualTo(Json.write(sample("complete")));
    }

    @Test
    void aRecordOfNothingOnTheHostIsTheBareSample() throws Exception {
        assertThat(Json.write(saved(null, Optional.empty()))).isEqualTo(Json.write(sample("bare")));
    }

    @Test
    void everyFieldIsDescribedAndEveryFieldThatIsDescribedIsWritten() throws Exception {
        Set<String> fields = new TreeSet<>();
        collect("", sample("complete"), fields);

        assertThat(fields).isEqualTo(new TreeSet<>(read("record-fields.json").members().keySet()));
    }

    private JsonObject saved(@Nullable CgroupPlacement cgroup, Optional<NetworkRecord> network)
            throws IOException {
        Path run = Files.createDirectories(directory.resolve("run"));
        Path bundle = Path.of("/run/containerd/io.containerd.runtime.v2.task/k8s.io/sandbox-1");
        SandboxRecord.save(
                new SandboxIdentity("k8s.io", "sandbox-1", bundle, run), cgroup, network);
        String text = Files.readString(run.resolve(SandboxRecord.FILE));
        return Json.parseObject(
                text.replace(run.toString(), RUN_DIRECTORY.toString())
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static void collect(String name, JsonValue value, Set<String> fields) {
        switch (value) {
            case JsonObject object -> {
                String prefix = name.isEmpty() ? "" : name + ".";
                object.members().forEach((member, held) -> collect(prefix + member, held, fields));
            }
            case JsonArray array -> {
                for (JsonValue element : array.values()) {
                    collect(name + "[]", element, fields);
                }
            }
            default -> fields.add(name);
        }
    }

    private static JsonObject sample(String name) throws IOException {
        return read("test/records/" + name + ".json");
    }

    private static JsonObject read(String file) throws IOException {
        return Json.parseObject(Files.readAllBytes(LAUNCHER.resolve(file)));
    }
}
