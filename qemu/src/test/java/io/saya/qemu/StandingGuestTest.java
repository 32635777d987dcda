package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import io.saya.qemu.qmp.FakeQmpPeer;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpEvent;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StandingGuestTest {
    private static final QmpEvent STOP = new QmpEvent("STOP", JsonObject.EMPTY);

    @TempDir Path directory;

    /** Cannot be killed at first. */
    private static final class Refusing implements HostProcess {
        private final CompletableFuture<Integer> killed = new CompletableFuture<>();
        private boolean refused;

        @Override
        public int handle() {
            return 1;
        }

        @Override
        public long pid() {
            return 1;
        }

        @Override
        public CompletableFuture<ProcessExit> exited() {
            return new CompletableFuture<>();
        }

        @Override
        public void signal(int number) {
            if (!refused) {
                refused = true;
                throw new IllegalStateException("nobody has thought of it");
            }
            killed.complete(number);
        }

        @Override
        public String outputTail() {
            return "";
        }
    }

    @Test
    void aFaultIsNotTheLastTimeThatQemuIsAsked() throws Exception {
        Refusing process = new Refusing();
        try (FakeQmpPeer peer = new FakeQmpPeer(directory.resolve("qmp.sock"));
                QmpConnection qmp = QmpConnection.open(peer.socket(), "sb", _ -> {})) {
            FakeQmpPeer.Client client = peer.acceptAndGreet();
            StandingGuest guest =
                    new StandingGuest("sb", process, qmp, new GuestEnd(), Optional.empty());
            guest.note(STOP);
            client.reply(client.receive(), panicked());
            guest.note(STOP);
            client.reply(client.receive(), panicked());

            assertThat(process.killed.get(20, TimeUnit.SECONDS)).isEqualTo(9);
        }
    }

    private static JsonObject panicked() {
        return Json.parseObject("{\"status\": \"guest-panicked\"}");
    }
}
