package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.Int32Value;
import com.google.protobuf.StringValue;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the server answers to frames that a well-behaved client would, or would not, send. */
class ServerProtocolTest extends LoopbackTest {
    private static final StringValue HELLO = StringValue.of("hello");
    private static final byte[] NOTHING = new byte[0];

    private final CountDownLatch release = new CountDownLatch(1);
    private RawPeer peer;

    @SuppressWarnings("NullAway.Init") // The peer is set before each test.
    ServerProtocolTest() {}

    @BeforeEach
    void start() throws Exception {
        serve(
                new EchoBinding.Echo() {
                    @Override
                    public StringValue echo(CallContext context, StringValue request)
                            throws InterruptedException {
                        if (request.getValue().equals("wait")) {
                            release.await();
                        }
                        return request;
                    }
                });
        peer = closedAfterwards(RawPeer.connect(socket()));
    }

    private void assertStillServes(int streamId) throws IOException {
        peer.sendRequest(streamId, 0, "Echo", HELLO);
        assertThat(peer.readResponse()).isEqualTo(streamId + " code 0 '' 7 bytes");
    }

    @Test
    void responsesComeInTheOrderInWhichTheyAreReady() throws Exception {
        peer.sendRequest(1, 0, "Echo", StringValue.of("wait"));
        assertStillServes(3);
        assertStillServes(5);
        release.countDown();
        assertThat(peer.readResponse()).isEqualTo("1 code 0 '' 6 bytes");
    }

    @Test
    void streamIdsAreOddAndRise() throws Exception {
        peer.sendRequest(2, 0, "Echo", HELLO);
        assertThat(peer.readResponse()).startsWith("2 code 3 'stream id 2 must be odd");
        assertStillServes(9);
        peer.sendRequest(9, 0, "Echo", HELLO);
        assertThat(peer.readResponse()).startsWith("9 code 3 'stream id 9 cannot be reused");
        peer.sendRequest(7, 0, "Echo", HELLO);
        assertThat(peer.readResponse()).startsWith("7 code 3 'stream id 7 cannot be reused");
        assertStillServes(0x8000_0001);
        assertStillServes(0xffff_ffff);
    }

    @Test
    void aRequestThatCannotBeReadIsAnInvalidArgument() throws Exception {
        peer.sendFrame(1, RawPeer.REQUEST, 0, new byte[] {0x0a});
        assertThat(peer.readResponse()).startsWith("1 code 3 'unmarshal request error");
        peer.sendFrame(
                3,
                RawPeer.REQUEST,
                0,
                RawPeer.request(
                        EchoBinding.NAME,
                        "Echo",
                        BytesValue.of(ByteString.copyFrom(new byte[] {(byte) 0xff}))));
        assertThat(peer.readResponse()).startsWith("3 code 13 'request of test.Echo/Echo");
        assertStillServes(5);
    }

    @Test
    void anEmptyRequestNamesNoServiceWhateverCameBefore() throws Exception {
        assertStillServes(1);
        peer.sendFrame(3, RawPeer.REQUEST, 0, NOTHING);
        assertThat(peer.readResponse()).startsWith("3 code 12 'service ");
    }

    @Test
    void unknownFramesAndStrayResponsesAreIgnored() throws Exception {
        peer.sendFrame(1, 4, 0, new byte[3]);
        peer.sendFrame(1, 0xff, 0xff, new byte[3]);
        peer.sendFrame(1, RawPeer.RESPONSE, 0, NOTHING);
        peer.sendHeader(5 << 20, 1, 9, 0);
        peer.send(new byte[5 << 20]);
        assertStillServes(1);
    }

    @Test
    void anOversizedRequestIsSkippedAndItsIdIsUsedUp() throws Exception {
        peer.sendHeader(5 << 20, 1, RawPeer.REQUEST, 0);
        assertThat(peer.readResponse()).startsWith("1 code 8 'message of 5242880 bytes");
        peer.send(new byte[5 << 20]);
        peer.sendRequest(1, 0, "Echo", HELLO);
        assertThat(peer.readResponse()).startsWith("1 code 3");
        assertStillServes(3);
    }

    @Test
    void anUnaryMethodIsServedWhateverTheFlags() throws Exception {
        peer.sendRequest(1, RawPeer.OPEN, "Echo", HELLO);
        assertThat(peer.readResponse()).startsWith("1 code 0");
        peer.sendRequest(3, RawPeer.CLOSED, "Echo", HELLO);
        assertThat(peer.readResponse()).startsWith("3 code 0");
    }

    @Test
    void dataWithoutACallIsRefused() throws Exception {
        peer.sendData(1, 0, HELLO);
        assertThat(peer.readResponse()).startsWith("1 code 3 'stream id 1 no longer active");
        assertStillServes(1);
        peer.sendData(1, 0, HELLO);
        assertThat(peer.readResponse()).startsWith("1 code 3");
    }

    @Test
    void dataForAnUnaryCallEndsIt() throws Exception {
        peer.sendRequest(1, 0, "Echo", StringValue.of("wait"));
        peer.sendData(1, 0, HELLO);
        assertThat(peer.readResponse()).startsWith("1 code 3");
        release.countDown();
        assertStillServes(3);
    }

    @Test
    void aNegativeTimeoutIsAnsweredWithoutServing() throws Exception {
        byte[] names = RawPeer.request(EchoBinding.NAME, "Echo", HELLO);
        byte[] request = Arrays.copyOf(names, names.length + 11);
        request[names.length] = 0x20;
        Arrays.fill(request, names.length + 1, request.length - 1, (byte) 0xff);
        request[request.length - 1] = 1;
        peer.sendFrame(1, RawPeer.REQUEST, 0, request);
        assertThat(peer.readResponse()).startsWith("1 code 4");
    }

    @Test
    void serverStreamEndsWithAnEmptyClosingFrame() throws Exception {
        peer.sendRequest(1, RawPeer.CLOSED, "Count", Int32Value.of(2));
        ByteString zero = Int32Value.of(0).toByteString();
        ByteString one = Int32Value.of(1).toByteString();
        assertThat(peer.readFrame()).isEqualTo(new RawPeer.Frame(1, RawPeer.DATA, 0, zero));
        assertThat(peer.readFrame()).isEqualTo(new RawPeer.Frame(1, RawPeer.DATA, 0, one));
        assertThat(peer.readFrame())
                .isEqualTo(
                        new RawPeer.Frame(
                                1,
                                RawPeer.DATA,
                                RawPeer.CLOSED | RawPeer.NO_DATA,
                                ByteString.EMPTY));
    }

    @Test
    void clientStreamTakesMessagesFromTheRequestAndFromAFrameThatCloses() throws Exception {
        peer.sendRequest(1, RawPeer.OPEN, "Sum", Int32Value.of(1));
        peer.sendData(1, 0, Int32Value.of(2));
        peer.sendData(1, 0, Int32Value.getDefaultInstance());
        peer.sendData(1, RawPeer.NO_DATA, Int32Value.getDefaultInstance());
        peer.sendData(1, RawPeer.CLOSED, Int32Value.of(4));
        assertThat(peer.readFrame().payload())
                .isEqualTo(ByteString.copyFrom(RawPeer.response(Int32Value.of(7))));
    }

    @Test
    void dataAfterTheClientsLastIsRefusedAndEndsTheStream() throws Exception {
        peer.sendRequest(1, RawPeer.OPEN, "Chat", BytesValue.getDefaultInstance());
        peer.sendData(1, RawPeer.CLOSED | RawPeer.NO_DATA, BytesValue.getDefaultInstance());
        RawPeer.Frame end = peer.readFrame();
        assertThat(end.flags()).isEqualTo(RawPeer.CLOSED | RawPeer.NO_DATA);
        peer.sendData(1, 0, BytesValue.getDefaultInstance());
        assertThat(peer.readResponse()).startsWith("1 code 3");
        assertStillServes(3);
    }

    @Test
    void anOversizedMessageEndsItsStreamOnly() throws Exception {
        peer.sendRequest(1, RawPeer.OPEN, "Chat", BytesValue.getDefaultInstance());
        peer.sendHeader(5 << 20, 1, RawPeer.DATA, 0);
        assertThat(peer.readResponse()).startsWith("1 code 8");
        peer.send(new byte[5 << 20]);
        assertStillServes(3);
    }

    @Test
    void aPeerThatDiesWithinAFrameIsNamedToTheObserver() throws Exception {
        peer.sendHeader(100, 1, RawPeer.REQUEST, 0);
        peer.send(new byte[40]);
        peer.close();
        assertThat(observer().await("closed"))
                .contains("peer closed connection 1")
                .contains("after 40 of 100 bytes of a frame's payload");
        RawPeer next = closedAfterwards(RawPeer.connect(socket()));
        next.sendRequest(1, 0, "Echo", HELLO);
        assertThat(next.readResponse()).startsWith("1 code 0");
    }
}
