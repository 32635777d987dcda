package io.saya.io;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A process that has no descriptor left for its first clients. */
public final class ExhaustedListener extends ServerSocketChannel {
    private final ServerSocketChannel real = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    private int failures;

    /**
     * @param failures how many clients cannot be taken
     */
    public ExhaustedListener(int failures) throws IOException {
        super(SelectorProvider.provider());
        this.failures = failures;
    }

    @Override
    public SocketChannel accept() throws IOException {
        if (failures-- > 0) {
            throw new IOException("Too many open files");
        }
        return real.accept();
    }

    @Override
    public ServerSocketChannel bind(@Nullable SocketAddress address, int backlog)
            throws IOException {
        real.bind(address, backlog);
        return this;
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        real.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return real.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return real.supportedOptions();
    }

    @Override
    public ServerSocket socket() {
        throw new UnsupportedOperationException();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return real.getLocalAddress();
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        real.close();
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        real.configureBlocking(block);
    }
}
