package io.saya.test.agent;

import io.saya.test.WithProduct;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;

/** The default guest's agent at a virtio-serial port. */
@WithProduct
final class SerialAgentTest extends AgentContract {

    @TempDir static Path directory = Path.of("");

    private @Nullable BareGuest guest;

    @Override
    AgentAddress address() throws Exception {
        var socket = directory.resolve("agent.sock");
        if (guest == null) {
            guest =
                    new BareGuest(
                            directory,
                            List.of(
                                    "-chardev",
                                    "socket,id=agent,path=" + socket + ",server=on,wait=off",
                                    "-device",
                                    "virtio-serial-pci",
                                    "-device",
                                    "virtserialport,chardev=agent,name=agent.channel.0"));
            guest.await(socket);
        }
        return AgentAddress.parse("unix:" + socket, "ttrpc");
    }

    @AfterAll
    void end() {
        if (guest != null) {
            guest.close();
        }
    }
}
