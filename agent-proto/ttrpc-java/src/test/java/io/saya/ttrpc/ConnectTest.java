package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import io.saya.ttrpc.transport.Endpoint;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Connections that come about late, or not at all. */
class ConnectTest extends LoopbackTest {
    private TtrpcClient connect(Endpoint endpoint, Duration timeout) throws Exception {
        return closedAfterwards(
                TtrpcClient.connect(transport(), endpoint, ClientOptions.connectWithin(timeout)));
    }

    @Test
    void aSerialPortTakesACallBeforeAnybodyIsThereToServeIt() throws Exception {
        ServerSocketChannel server = closedAfterwards(RawPeer.listen(socket()));
        TtrpcClient client = connect();
        CompletableFuture<StringValue> call =
                client.callAsync(
                        EchoBinding.ECHO, StringValue.of("early"), StringValue.parser(), OPTIONS);
        RawPeer late = closedAfterwards(RawPeer.accept(server));
        assertThat(late.readFrame().streamId()).isEqualTo(1);
        late.sendFrame(1, RawPeer.RESPONSE, 0, RawPeer.response(StringValue.of("late")));
        assertThat(call.get(20, TimeUnit.SECONDS).getValue()).isEqualTo("late");
    }

    @Test
    void aFullQueueOfConnectionsIsWaitedFor() throws Exception {
        ServerSocketChannel server =
                closedAfterwards(ServerSocketChannel.open(StandardProtocolFamily.UNIX));
        server.bind(UnixDomainSocketAddress.of(socket()), 1);
        connect();
        connect();
        assertThatThrownBy(() -> connect(Endpoint.unix(socket()), Duration.ofMillis(100)))
                .isInstanceOf(ConnectionFailure.class)
                .hasMessageContaining("unix:" + socket());
        CompletableFuture<TtrpcClient> patient = new CompletableFuture<>();
        Thread.startVirtualThread(
                () -> {
                    try {
                        patient.complete(connect());
                    } catch (Exception e) {
                        patient.completeExceptionally(e);
                    }
                });
        for (int i = 0; i < 3; i++) {
            closedAfterwards(RawPeer.accept(server));
        }
        assertThat(patient.get(20, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void nobodyThereIsAFailureAtOnce() {
        assertThatThrownBy(() -> connect(Endpoint.unix(socket()), PATIENCE))
                .isInstanceOf(ConnectionFailure.class)
                .hasMessageContaining("cannot connect to unix:" + socket() + ": no such socket");
    }

    @Test
    void aVsockThatCannotBeReachedIsNamed() {
        // Context id 3 is that of a first guest, which nobody has started: no device, or no answer.
        assertThatThrownBy(() -> connect(Endpoint.vsock(3, 1024), PATIENCE))
                .isInstanceOf(ConnectionFailure.class)
                .hasMessageContaining("cannot connect to vsock:3:1024: ");
    }

    /**
     * What following up the connection of a vsock relies on, shown with the other kind of socket.
     */
    @Test
    void connectingAConnectedSocketSaysThatItIsConnected() throws Exception {
        closedAfterwards(RawPeer.listen(socket()));
        Socket client = Socket.newSocketDomain();
        DomainSocketAddress address = new DomainSocketAddress(socket().toString());
        assertThat(client.connect(address)).isTrue();
        assertThatThrownBy(() -> client.connect(address))
                .isInstanceOf(AlreadyConnectedException.class);
        client.close();
    }
}
