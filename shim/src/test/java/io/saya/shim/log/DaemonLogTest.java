package io.saya.shim.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.saya.log.Log;
import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DaemonLogTest {
    @TempDir Path directory;

    private final EventLoopGroup events =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Log log = Log.of("vm");

    @AfterEach
    void endEventLoop() {
        LogRouter.uninstall();
        events.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void linesAreWrittenInLogrusTextFormat() {
        ByteArrayOutputStream containerd = new ByteArrayOutputStream();
        DaemonLog daemonLog = DaemonLog.start(containerd, null, events, "sb");
        log.info("VM started", "pid", 42);
        log.warn("agent is slow", "phase", "boot");
        closeWritten(daemonLog);

        assertThat(containerd.toString(StandardCharsets.US_ASCII).lines())
                .satisfiesExactly(
                        line ->
                                assertThat(line)
                                        .matches(
                                                "time=\"\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z\" level=info"
                                                        + " msg=\"VM started\" component=vm"
                                                        + " sandbox=sb pid=42"),
                        line ->
                                assertThat(line)
                                        .endsWith(
                                                "level=warning msg=\"agent is slow\" component=vm"
                                                        + " sandbox=sb phase=boot"));
    }

    @Test
    void whoeverLogsNeverWaitsForAReader() throws Exception {
        CountDownLatch written = new CountDownLatch(1);
        CountDownLatch resumed = new CountDownLatch(1);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        OutputStream stuck =
                new OutputStream() {
                    @Override
                    public void write(int octet) {
                        throw new AssertionError("lines are written whole");
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) {
                        written.countDown();
                        awaitUninterruptibly(resumed);
                        read.write(bytes, offset, length);
                    }
                };
        DaemonLog daemonLog = DaemonLog.start(stuck, null, events, "sb");
        log.info("first");
        written.await();
        int surplus = 7;
        for (int i = 0; i < DaemonLog.QUEUE_LINES + surplus; i++) {
            log.info("line " + i);
        }
        resumed.countDown();
        closeWritten(daemonLog);

        assertThat(read.toString(StandardCharsets.US_ASCII))
                .contains("msg=\"lines were not written\"")
                .contains("queue_full=" + surplus);
    }

    /**
     * A guest may send 4 MiB in one string; 256 lines are kept for as long as the sandbox lives.
     */
    @Test
    void nothingThatIsKeptIsLongerThanWhatIsPrinted() {
        String huge = "x".repeat(4 << 20);
        DaemonLog daemonLog = DaemonLog.start(OutputStream.nullOutputStream(), null, events, "sb");
        log.warn(huge, "container", huge, "text", List.of(huge), "pid", 42);
        log.error("failed", "error", new IllegalStateException(huge, new IOException(huge)));
        closeWritten(daemonLog);

        List<LogRecord> kept = daemonLog.recent().all();
        assertThat(kept).hasSize(2);
        for (LogRecord line : kept) {
            assertThat(line.message().length()).isLessThanOrEqualTo(LineText.VALUE_LIMIT + 3);
            assertThat(line.fields())
                    .allSatisfy(
                            field ->
                                    assertThat(String.valueOf(field).length())
                                            .isLessThanOrEqualTo(LineText.VALUE_LIMIT + 3))
                    .noneMatch(Throwable.class::isInstance);
        }
        assertThat(kept.getFirst().fields()).contains("pid", 42);
        assertThat(kept.getLast().fields()).contains("error", "stack");
    }

    @Test
    void repeatedLinesAreLimitedAndTheLossIsTold() {
        ByteArrayOutputStream containerd = new ByteArrayOutputStream();
        DaemonLog daemonLog = DaemonLog.start(containerd, null, events, "sb");
        for (int i = 0; i <= RepeatFilter.LINES_OF_A_KIND; i++) {
            log.info("same");
        }
        closeWritten(daemonLog);

        String text = containerd.toString(StandardCharsets.US_ASCII);
        assertThat(text.lines().filter(line -> line.contains("msg=\"same\"")))
                .hasSize(RepeatFilter.LINES_OF_A_KIND);
        assertThat(text).contains("msg=\"lines were not written\"").contains("repeated=1");
    }

    @Test
    void linesForWhichAnOperatorAskedAreComplete() {
        ByteArrayOutputStream containerd = new ByteArrayOutputStream();
        DaemonLog daemonLog = DaemonLog.start(containerd, null, events, "sb");
        LogRouter.threshold(LogLevel.DEBUG);
        try {
            for (int i = 0; i < 4 * RepeatFilter.LINES_OF_A_KIND; i++) {
                log.debug("a request", "number", i);
            }
        } finally {
            LogRouter.threshold(LogLevel.INFO);
            closeWritten(daemonLog);
        }

        String text = containerd.toString(StandardCharsets.US_ASCII);
        assertThat(text.lines().filter(line -> line.contains("a request")))
                .hasSize(4 * RepeatFilter.LINES_OF_A_KIND);
        assertThat(text).doesNotContain("were not written");
    }

    @Test
    void aComponentThatLogsMuchTakesNothingFromOthers() {
        ByteArrayOutputStream containerd = new ByteArrayOutputStream();
        DaemonLog daemonLog = DaemonLog.start(containerd, null, events, "sb");
        Log guest = Log.of("guest");
        for (int i = 0; i <= RepeatFilter.LINES_OF_A_COMPONENT; i++) {
            guest.info("flood " + i);
        }
        log.info("ours");
        closeWritten(daemonLog);

        String text = containerd.toString(StandardCharsets.US_ASCII);
        assertThat(text).contains("msg=\"ours\"").contains("repeated=1");
        assertThat(text.lines().filter(line -> line.contains("flood")))
                .hasSize(RepeatFilter.LINES_OF_A_COMPONENT);
    }

    /** As many lines as the queue holds wait already when the daemon has something to say. */
    @Test
    void aGuestThatFillsTheQueueTakesNothingFromTheDaemon() throws Exception {
        CountDownLatch resumed = new CountDownLatch(1);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        OutputStream stuck =
                new OutputStream() {
                    @Override
                    public void write(int octet) {
                        throw new AssertionError("lines are written whole");
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) {
                        awaitUninterruptibly(resumed);
                        read.write(bytes, offset, length);
                    }
                };
        DaemonLog daemonLog = DaemonLog.start(stuck, null, events, "sb");
        Log guest = Log.of(Log.GUEST);
        for (int i = 0; i < 2 * DaemonLog.QUEUE_LINES; i++) {
            guest.error("the agent says", "text", i);
        }
        log.info("ours");
        resumed.countDown();
        closeWritten(daemonLog);

        assertThat(read.toString(StandardCharsets.US_ASCII)).contains("msg=\"ours\"");
    }

    @Test
    void theJournalGetsFieldsOfItsOwn() throws Exception {
        BlockingQueue<String> received = receive(directory.resolve("journal"));
        try (DaemonLog _ =
                DaemonLog.start(
                        OutputStream.nullOutputStream(),
                        new SystemLogSocket(directory.resolve("journal"), true),
                        events,
                        "sb")) {
            log.error("create failed", "container", "c1", "phase", "boot");

            assertThat(received.poll(10, TimeUnit.SECONDS))
                    .isEqualTo(
                            "SYSLOG_IDENTIFIER=saya\nSYSLOG_FACILITY=3\nPRIORITY=3\n"
                                    + "SAYA_COMPONENT=vm\nSAYA_SANDBOX=sb\nSAYA_CONTAINER=c1\n"
                                    + "SAYA_PHASE=boot\nMESSAGE=msg=\"create failed\" component=vm"
                                    + " sandbox=sb container=c1 phase=boot\n");
        }
    }

    @Test
    void aSyslogThatComesBackIsFoundAgain() throws Exception {
        Path socket = directory.resolve("log");
        try (DaemonLog _ =
                DaemonLog.start(
                        OutputStream.nullOutputStream(),
                        new SystemLogSocket(socket, false),
                        events,
                        "sb")) {
            log.info("lost");
            BlockingQueue<String> received = receive(socket);
            // Whether the first line was lost or not depends on who was first; the second is not.
            log.info("seen", "level_of", LogLevel.INFO);

            String line = received.poll(10, TimeUnit.SECONDS);
            if (line != null && line.contains("lost")) {
                line = received.poll(10, TimeUnit.SECONDS);
            }
            assertThat(line)
                    .matches(
                            "<30>[A-Z][a-z]{2} [ 0-9]\\d [0-9:]{8} saya\\[\\d+]: msg=\"seen\""
                                    + " component=vm sandbox=sb level_of=INFO");
        }
    }

    private BlockingQueue<String> receive(Path socket) throws IOException {
        Files.deleteIfExists(socket);
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        new Bootstrap()
                .group(events)
                .channel(EpollDomainDatagramChannel.class)
                .handler(
                        new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                            @Override
                            protected void channelRead0(
                                    ChannelHandlerContext context, DomainDatagramPacket packet) {
                                received.add(packet.content().toString(StandardCharsets.US_ASCII));
                            }
                        })
                .bind(new DomainSocketAddress(socket.toFile()))
                .syncUninterruptibly();
        return received;
    }

    /**
     * Ends the log once all is written: on a busy machine, log4j's classes alone may take longer to
     * load than a daemon that ends waits.
     */
    private static void closeWritten(DaemonLog log) {
        assertThat(log.close(Duration.ofSeconds(20))).as("all is written").isTrue();
    }

    @Test
    void whoLogsDoesNotFailByWhatHasNoWords() {
        ByteArrayOutputStream containerd = new ByteArrayOutputStream();
        DaemonLog daemonLog = DaemonLog.start(containerd, null, events, "sb");
        log.info(
                "first",
                "what",
                new Object() {
                    @Override
                    public String toString() {
                        throw new IllegalStateException("nobody has thought of it");
                    }
                });
        log.info("second");
        closeWritten(daemonLog);

        assertThat(containerd.toString(StandardCharsets.US_ASCII)).contains("second", "fault=1");
    }

    /** close() interrupts the writer, as it would one that waits for lines. */
    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException _) {
                // The latch decides.
            }
        }
    }
}
