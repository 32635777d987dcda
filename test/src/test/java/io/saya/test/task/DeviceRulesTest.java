package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Docker's {@code --device-cgroup-rule}: a container opens a device that it makes a node of. */
@WithProduct
final class DeviceRulesTest extends ShimSuite {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void aRuleOpensItsDeviceAndNoOther() throws Exception {
        // null has a node already and shows that the usual devices stay open.
        var script =
                "mknod /dev/fuse c 10 229; mknod /dev/loop c 10 237;"
                        + " for device in /dev/fuse /dev/loop /dev/null; do"
                        + " (: < $device) 2> /dev/null && echo $device opens || echo $device does not;"
                        + " done > /opened.new; mv /opened.new /opened; sleep 1000";
        var opened = directory().resolve("rootfs/opened");
        try (var shim = start("saya", Map.of(), "sh", "-c", script)) {
            rule(shim, "{\"allow\": true, \"type\": \"c\", \"major\": 10, \"minor\": 229}");
            shim.create("", "", "");
            shim.start("");
            assertThat(Wait.until(SOON, () -> Files.exists(opened))).isTrue();
            assertThat(Files.readAllLines(opened))
                    .containsExactly("/dev/fuse opens", "/dev/loop does not", "/dev/null opens");
        } finally {
            for (var name : new String[] {"opened", "opened.new"}) {
                Files.deleteIfExists(directory().resolve("rootfs").resolve(name));
            }
        }
    }

    private static void rule(Shim shim, String rule) throws IOException {
        var file = shim.bundle().resolve("config.json");
        var json = Files.readString(file);
        var may = "[\"CAP_MKNOD\"]";
        Files.writeString(
                file,
                json.replace(
                                "{\"terminal\": false,",
                                "{\"terminal\": false, \"capabilities\": {\"bounding\": %1$s,"
                                                .formatted(may)
                                        + " \"effective\": %1$s, \"permitted\": %1$s},"
                                                .formatted(may))
                        .replaceFirst(
                                "\"linux\": *\\{",
                                "\"linux\": {\"resources\": {\"devices\": [{\"allow\": false, \"access\":"
                                        + " \"rwm\"}, "
                                        + rule
                                        + "]}, "));
    }
}
