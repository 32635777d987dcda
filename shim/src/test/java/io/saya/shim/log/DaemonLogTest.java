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
import io.saya.log.LogRouter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DaemonLogTest {
    private static final int PIPE_BYTES = 65536;

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
    void linesReachTheFifoInLogrusTextFormat() throws Exception {
        Path fifo = fifo();
        try (DaemonLog _ = DaemonLog.start(fifo, null, events, "sb");
                BufferedReader reader = reader(fifo)) {
            log.info("VM started", "pid", 42);
            log.warn("agent is slow", "phase", "boot");

            assertThat(reader.readLine())
                    .matches(
                            "time=\"\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z\" level=info msg=\"VM started\""
                                    + " component=vm sandbox=sb pid=42");
            assertThat(reader.readLine())
                    .endsWith(
                            "level=warning msg=\"agent is slow\" component=vm sandbox=sb phase=boot");
        }
    }

    @Test
    void aFifoThatNobodyReadsBlocksNobodyAndIsWrittenAgainWhenItIsRead() throws Exception {
        Path fifo = fifo();
        // containerd keeps its end open for reading and writing; here nobody reads from it yet.
        try (RandomAccessFile _ = new RandomAccessFile(fifo.toFile(), "rw");
                BufferedReader reader = reader(fifo)) {
            DaemonLog daemonLog = DaemonLog.start(fifo, null, events, "sb");
            String kilobyte = "x".repeat(1000);
            for (int i = 0; i < 2 * PIPE_BYTES / 1000; i++) {
                log.info("line " + i, "padding", kilobyte);
            }
            // The writer is not stuck: the log ends within its limit.
            daemonLog.close();
            assertThat(daemonLog.isWriting()).isFalse();

            assertThat(reader.readLine()).contains("line 0");
        }
    }

    @Test
    void lossesAreTold() throws Exception {
        Path fifo = fifo();
        try (RandomAccessFile held = new RandomAccessFile(fifo.toFile(), "rw")) {
            DaemonLog daemonLog = DaemonLog.start(fifo, null, events, "sb");
            for (int i = 0; i <= RepeatFilter.LINES_OF_A_KIND; i++) {
                log.info("same");
            }
            daemonLog.close();

            byte[] all = new byte[FifoAppender.UNREAD_LIMIT];
            String text = new String(all, 0, held.read(all), StandardCharsets.US_ASCII);
            assertThat(text.lines().filter(line -> line.contains("msg=\"same\"")))
                    .hasSize(RepeatFilter.LINES_OF_A_KIND);
            assertThat(text).contains("msg=\"lines were not written\"").contains("repeated=1");
        }
    }

    @Test
    void aHostWithoutAnyLogIsANormalHost() {
        try (DaemonLog _ = DaemonLog.start(directory.resolve("none"), null, events, "sb")) {
            log.info("into the void");
        }
        assertThat(directory.resolve("none")).doesNotExist();
    }

    @Test
    void theJournalGetsFieldsOfItsOwn() throws Exception {
        BlockingQueue<String> received = receive(directory.resolve("journal"));
        try (DaemonLog _ =
                DaemonLog.start(
                        directory.resolve("none"),
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
                        directory.resolve("none"),
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

    private Path fifo() throws IOException, InterruptedException {
        Path fifo = directory.resolve("log");
        Process mkfifo = new ProcessBuilder("mkfifo", fifo.toString()).start();
        assertThat(mkfifo.waitFor(Duration.ofSeconds(10))).isTrue();
        assertThat(mkfifo.exitValue()).isZero();
        return fifo;
    }

    private static BufferedReader reader(Path fifo) throws IOException {
        return new BufferedReader(
                new InputStreamReader(
                        Channels.newInputStream(
                                new RandomAccessFile(fifo.toFile(), "rw").getChannel()),
                        StandardCharsets.US_ASCII));
    }
}
