package io.saya.network.netlink;

import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The kernel's network configuration in one namespace. Thread safe. */
public final class NetworkNamespace {
    private static final int BUSY_TRIES = 5;
    private static final Duration BUSY_BACK_OFF = Duration.ofMillis(10);

    private final Host host;
    private final Path path;

    public NetworkNamespace(Host host, Path path) {
        this.host = host;
        this.path = path;
    }

    public Path path() {
        return path;
    }

    /**
     * Sends a batch and returns the answers but for acknowledgements.
     *
     * @throws NetlinkFailure for the first message that the kernel refuses
     */
    public List<NetlinkMessage> exchange(NetlinkBatch batch) throws IOException {
        return answers(batch, 1, batch.count());
    }

    /**
     * Sends a batch whose messages may find what they need in use for a moment: CNI plugins and
     * udev change qdiscs of new interfaces as well. A message that is refused with EBUSY is sent
     * again, up to {@value #BUSY_TRIES} times, 10 to 40 ms apart.
     *
     * @throws NetlinkFailure for the first message that the kernel keeps refusing
     */
    public void apply(NetlinkBatch batch) throws IOException {
        apply(batch, 1, batch.count());
    }

    private void apply(NetlinkBatch batch, int first, int last) throws IOException {
        int next = first;
        int tries = 0;
        while (next <= last) {
            try {
                answers(batch, next, last);
                return;
            } catch (NetlinkFailure e) {
                tries = e.sequence() == next ? tries + 1 : 1;
                next = e.sequence();
                if (e.errno() != Rtnetlink.EBUSY || tries >= BUSY_TRIES) {
                    throw e;
                }
                pause(BUSY_BACK_OFF.multipliedBy(tries), e);
            }
        }
    }

    /**
     * Sends a batch as {@link #apply(NetlinkBatch)} does; between two messages, a test may make it
     * wait or fail at {@code moment}.
     */
    public void apply(NetlinkBatch batch, Moment moment) throws IOException {
        int before = Math.min(Failpoints.stepsBefore(moment), batch.count());
        apply(batch, 1, before);
        try {
            Failpoints.reach(moment);
        } catch (RuntimeFailure e) {
            throw new IOException(describe(batch, before, e), e);
        }
        apply(batch, before + 1, batch.count());
    }

    private List<NetlinkMessage> answers(NetlinkBatch batch, int from, int last)
            throws IOException {
        List<NetlinkMessage> messages;
        try {
            messages = NetlinkMessage.parse(host.netlink(path, batch.bytes(from, last)));
        } catch (IllegalArgumentException e) {
            throw new IOException("network namespace " + path + ": " + e.getMessage(), e);
        }
        int kept = 0;
        for (NetlinkMessage message : messages) {
            if (message.type() != Rtnetlink.ERROR && message.type() != Rtnetlink.DONE) {
                messages.set(kept++, message);
            } else if (message.errno() != 0) {
                int sequence = message.sequence();
                throw new NetlinkFailure(
                        "network namespace " + path + ": " + batch.operation(sequence),
                        sequence,
                        message.errno());
            }
        }
        return messages.subList(0, kept);
    }

    private String describe(NetlinkBatch batch, int before, RuntimeFailure cause) {
        int count = batch.count();
        return "network namespace "
                + path
                + ": "
                + (before < count
                        ? batch.operation(before + 1)
                        : "after the last of " + count + " messages")
                + ": "
                + cause.getMessage();
    }

    private static void pause(Duration time, IOException cause) throws IOException {
        if (!Waited.pause(time)) {
            throw cause;
        }
    }
}
