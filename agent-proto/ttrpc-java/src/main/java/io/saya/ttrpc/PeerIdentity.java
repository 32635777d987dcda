package io.saya.ttrpc;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import java.io.IOException;

/** Asks the kernel which process connected. */
final class PeerIdentity {
    private PeerIdentity() {}

    static ConnectionInfo read(Channel channel, long number) {
        try {
            if (channel instanceof EpollDomainSocketChannel socket) {
                PeerCredentials credentials = socket.peerCredentials();
                return new ConnectionInfo(
                        number, credentials.pid(), credentials.uid(), credentials.gids()[0]);
            }
        } catch (IOException e) {
            // The peer has gone already: it is nobody, which every check refuses.
        }
        return new ConnectionInfo(number, 0, -1, -1);
    }
}
