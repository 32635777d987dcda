package io.saya.shim.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.event.TaskEvent;
import io.saya.proto.containerd.events.Envelope;
import io.saya.proto.containerd.events.TaskStart;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EventPublisherTest {
    @TempDir Path directory;

    private final Transport transport = Transport.open("test");

    @AfterEach
    void closeTransport() {
        transport.close();
    }

    @Test
    void eventsArriveInTheOrderInWhichTheyWerePublished() throws Exception {
        try (FakeContainerd containerd = FakeContainerd.start(transport, socket());
                EventPublisher publisher = publisher()) {
            for (int pid = 1; pid <= 500; pid++) {
                publisher.publish(new TaskEvent.Start("c", pid));
            }
            assertThat(pids(containerd.awaitEvents(500))).isEqualTo(upTo(500));
        }
    }

    @Test
    void whatIsPublishedWhileContainerdIsAwayArrivesWhenItIsBack() throws Exception {
        try (EventPublisher publisher = publisher()) {
            publisher.publish(new TaskEvent.Start("c", 1));
            publisher.publish(new TaskEvent.Start("c", 2));
            try (FakeContainerd containerd = FakeContainerd.start(transport, socket())) {
                assertThat(pids(containerd.awaitEvents(2))).isEqualTo(upTo(2));

                containerd.stop();
                publisher.publish(new TaskEvent.Start("c", 3));
                publisher.publish(new TaskEvent.Start("c", 4));
                containerd.restart();

                assertThat(pids(containerd.awaitEvents(4))).isEqualTo(upTo(4));
            }
        }
    }

    @Test
    void anEventThatContainerdRefusesIsGivenUpAndThoseBehindItArrive() throws Exception {
        try (FakeContainerd containerd =
                        FakeContainerd.refusing(
                                transport, socket(), event -> event.getTopic().endsWith("oom"));
                EventPublisher publisher = publisher()) {
            publisher.publish(new TaskEvent.Oom("c"));
            publisher.publish(new TaskEvent.Start("c", 1));

            assertThat(pids(containerd.awaitEvents(1))).isEqualTo(upTo(1));
        }
    }

    @Test
    void anEventThatFailsOtherwiseThanExpectedIsGivenUpAndThoseBehindItArrive() throws Exception {
        List<Envelope> delivered = new ArrayList<>();
        EventForwarder failing =
                new EventForwarder() {
                    @Override
                    public void forward(Envelope envelope) {
                        if (envelope.getTopic().endsWith("oom")) {
                            throw new IllegalStateException("nobody has thought of it");
                        }
                        delivered.add(envelope);
                    }

                    @Override
                    public void close() {}
                };
        EventPublisher publisher = new EventPublisher("ns", () -> failing);
        publisher.publish(new TaskEvent.Oom("c"));
        publisher.publish(new TaskEvent.Start("c", 1));
        publisher.close();

        assertThat(pids(delivered)).isEqualTo(upTo(1));
    }

    @Test
    void aForwarderThatCannotBeMadeAtFirstIsMadeAgain() throws Exception {
        List<Envelope> delivered = new ArrayList<>();
        AtomicInteger made = new AtomicInteger();
        EventPublisher publisher =
                new EventPublisher(
                        "ns",
                        () -> {
                            if (made.incrementAndGet() == 1) {
                                throw new NoClassDefFoundError("nobody has thought of it");
                            }
                            return new EventForwarder() {
                                @Override
                                public void forward(Envelope envelope) {
                                    delivered.add(envelope);
                                }

                                @Override
                                public void close() {}
                            };
                        });
        publisher.publish(new TaskEvent.Start("c", 1));
        assertThat(publisher.awaitEmpty(Duration.ofSeconds(20))).isTrue();
        publisher.close();

        assertThat(pids(delivered)).isEqualTo(upTo(1));
    }

    @Test
    void closeDeliversWhatWaits() throws Exception {
        try (FakeContainerd containerd = FakeContainerd.start(transport, socket())) {
            EventPublisher publisher = publisher();
            for (int pid = 1; pid <= 50; pid++) {
                publisher.publish(new TaskEvent.Start("c", pid));
            }
            publisher.close();

            assertThat(pids(containerd.awaitEvents(0))).isEqualTo(upTo(50));
        }
    }

    @Test
    void publishNeverWaitsAndAFullQueueGivesUpTheOldest() throws Exception {
        CountDownLatch taken = new CountDownLatch(1);
        CountDownLatch resumed = new CountDownLatch(1);
        List<Envelope> delivered = new ArrayList<>();
        EventForwarder slow =
                new EventForwarder() {
                    @Override
                    public void forward(Envelope envelope) throws InterruptedException {
                        taken.countDown();
                        resumed.await();
                        delivered.add(envelope);
                    }

                    @Override
                    public void close() {}
                };
        EventPublisher publisher = new EventPublisher("ns", () -> slow);
        publisher.publish(new TaskEvent.Start("c", 1));
        taken.await();
        for (int pid = 2; pid <= EventPublisher.QUEUE_EVENTS + 2; pid++) {
            publisher.publish(new TaskEvent.Start("c", pid));
        }
        resumed.countDown();
        publisher.close();

        // The first was on its way, the second is the oldest of those that waited.
        assertThat(pids(delivered))
                .hasSize(EventPublisher.QUEUE_EVENTS + 1)
                .startsWith(1, 3)
                .endsWith(EventPublisher.QUEUE_EVENTS + 2);
    }

    private EventPublisher publisher() {
        return EventPublisher.to(
                "ns",
                socket().toString(),
                "/nonexistent",
                "/nonexistent",
                CompletableFuture.completedFuture(transport));
    }

    private Path socket() {
        return directory.resolve("containerd.sock.ttrpc");
    }

    private static List<Integer> upTo(int count) {
        return IntStream.rangeClosed(1, count).boxed().toList();
    }

    private static List<Integer> pids(List<Envelope> events) throws Exception {
        List<Integer> pids = new ArrayList<>();
        for (Envelope event : events) {
            pids.add(TaskStart.parseFrom(event.getEvent().getValue()).getPid());
        }
        return pids;
    }
}
