package io.saya.test.agent;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.test.VsockDaemons;
import io.saya.test.WithProduct;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;

/** The default guest's agent by way of vhost-device-vsock. */
@WithProduct
final class HybridAgentTest extends AgentContract {

    @TempDir static Path directory = Path.of("");

    private @Nullable Process daemon;
    private @Nullable BareGuest guest;

    @Override
    AgentAddress address() throws Exception {
        var host = directory.resolve("host.sock");
        if (guest == null) {
            var binary = VsockDaemons.find();
            assumeTrue(binary.isPresent(), VsockDaemons.ABSENT);
            var machine = directory.resolve("machine.sock");
            daemon =
                    new ProcessBuilder(
                                    binary.get().toString(),
                                    "--guest-cid",
                                    "3",
                                    "--uds-path",
                                    host.toString(),
                                    "--socket",
                                    machine.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(directory.resolve("daemon").toFile())
                            .start();
            BareGuest.await(machine, daemon);
            guest =
                    new BareGuest(
                            directory,
                            List.of(
                                    "-chardev",
                                    "socket,id=vsock,path=" + machine,
                                    "-device",
                                    "vhost-user-vsock-pci,chardev=vsock"));
            guest.await(host);
        }
        return AgentAddress.parse("hvsock:" + host + ":1024", "ttrpc");
    }

    @AfterAll
    void end() throws InterruptedException {
        if (guest != null) {
            guest.close();
        }
        if (daemon != null) {
            daemon.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }
}
