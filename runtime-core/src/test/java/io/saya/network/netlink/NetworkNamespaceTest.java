package io.saya.network.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.host.HookCommand;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.MonitorCommand;
import io.saya.host.MountFlag;
import io.saya.host.SpawnSpec;
import io.saya.host.StandInSpec;
import io.saya.host.UnmountFlag;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What becomes of a message that the kernel refuses; no real kernel is busy when it is to be. */
class NetworkNamespaceTest {
    private static final int EEXIST = 17;
    private static final int TRIES = 5;
    private static final Path PATH = Path.of("/run/netns/pod");

    private final Kernel kernel = new Kernel();
    private final NetworkNamespace namespace = new NetworkNamespace(kernel, PATH);

    @Test
    void whatIsBusyIsSentAgainFromThereOn() throws Exception {
        kernel.refusals.addAll(List.of(refuses(2), refuses(2)));
        namespace.apply(threeMessages());
        assertThat(kernel.sent).containsExactly(List.of(1, 2, 3), List.of(2, 3), List.of(2, 3));
    }

    @Test
    void eachMessageHasItsOwnTries() throws Exception {
        for (int message = 1; message <= 3; message++) {
            for (int refusal = 1; refusal < TRIES; refusal++) {
                kernel.refusals.add(refuses(message));
            }
        }
        namespace.apply(threeMessages());
        assertThat(kernel.sent).hasSize(3 * (TRIES - 1) + 1).last().isEqualTo(List.of(3));
    }

    @Test
    void whatStaysBusyIsGivenUpAndNamed() {
        kernel.always = refuses(2);
        assertThatThrownBy(() -> namespace.apply(threeMessages()))
                .isInstanceOf(NetlinkFailure.class)
                .hasMessageContaining(PATH.toString())
                .hasMessageContaining("message 2")
                .hasMessageContaining("device or resource busy");
        assertThat(kernel.sent).hasSize(TRIES);
    }

    @Test
    void anyOtherRefusalIsFinalAtOnce() {
        kernel.refusals.add(new Refusal(1, EEXIST));
        assertThatThrownBy(() -> namespace.apply(threeMessages()))
                .hasMessageContaining("message 1: exists already");
        assertThat(kernel.sent).hasSize(1);
    }

    /** A look is not worth a second one: whoever looks decides. */
    @Test
    void anExchangeIsNotRepeated() {
        kernel.refusals.add(refuses(1));
        assertThatThrownBy(() -> namespace.exchange(threeMessages()))
                .isInstanceOf(NetlinkFailure.class);
        assertThat(kernel.sent).hasSize(1);
    }

    private static NetlinkBatch threeMessages() {
        NetlinkBatch batch = new NetlinkBatch();
        for (int number = 1; number <= 3; number++) {
            batch.begin(Rtnetlink.NEW_QDISC, Rtnetlink.ACK, "message " + number).u32(number);
        }
        return batch;
    }

    private static Refusal refuses(int message) {
        return new Refusal(message, Rtnetlink.EBUSY);
    }

    private record Refusal(int message, int errno) {}

    /** Takes messages in turn as the guard does, and refuses one where it is told to. */
    private static final class Kernel implements Host {
        final Deque<Refusal> refusals = new ArrayDeque<>();
        final List<List<Integer>> sent = new ArrayList<>();
        Refusal always = new Refusal(0, 0);

        @Override
        public byte[] netlink(Path path, byte[] messages) {
            ByteBuffer in = ByteBuffer.wrap(messages).order(ByteOrder.nativeOrder());
            ByteBuffer out = ByteBuffer.allocate(1024).order(ByteOrder.nativeOrder());
            Refusal refusal = refusals.isEmpty() ? always : refusals.remove();
            List<Integer> sequences = new ArrayList<>();
            for (int at = 0; at < messages.length; at += in.getInt(at)) {
                sequences.add(in.getInt(at + 8));
            }
            sent.add(sequences);
            for (int sequence : sequences) {
                int errno = sequence == refusal.message() ? refusal.errno() : 0;
                out.putInt(36).putShort((short) Rtnetlink.ERROR).putShort((short) 0);
                out.putInt(sequence).putInt(0).putInt(-errno).put(new byte[16]);
                if (errno != 0) {
                    break;
                }
            }
            byte[] answers = new byte[out.flip().remaining()];
            out.get(answers);
            return answers;
        }

        @Override
        public void mount(
                String source, Path target, String type, Set<MountFlag> flags, String data) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void unmount(Path target, Set<UnmountFlag> flags) {
            throw new UnsupportedOperationException();
        }

        @Override
        public HostProcess hook(HookCommand command) {
            throw new UnsupportedOperationException();
        }

        @Override
        public HostProcess standIn(StandInSpec spec) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String command(MonitorCommand command) {
            throw new AssertionError("no monitor is needed");
        }

        @Override
        public HostProcess spawn(SpawnSpec spec) {
            throw new UnsupportedOperationException();
        }
    }
}
