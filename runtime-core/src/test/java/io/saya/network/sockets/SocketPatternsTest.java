package io.saya.network.sockets;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketPatternsTest {

    @TempDir Path given;
    private Path top = Path.of("/");

    @BeforeEach
    void findTop() throws IOException {
        top = given.toRealPath();
        Files.createDirectories(top.resolve("a/b"));
    }

    @Test
    void aSocketIsAdmittedByItsWholePath() throws IOException {
        Path socket = socket("a/agent.sock");
        assertThat(patterns("/a/agent.sock").admitted(socket)).isPresent();
        assertThat(patterns("/*/*.sock").admitted(socket)).isPresent();
        assertThat(patterns("/*.sock").admitted(socket)).isEmpty();
        assertThat(patterns("/a").admitted(socket)).isEmpty();
        assertThat(patterns("/[").admitted(socket)).isEmpty();
        assertThat(new SocketPatterns(List.of()).admitted(socket)).isEmpty();
        assertThat(patterns("/a/b").admitted(top.resolve("a/b"))).as("a directory").isEmpty();
        assertThat(patterns("/a/none").admitted(top.resolve("a/none"))).isEmpty();
    }

    @Test
    void aLinkIsWhereItLeads() throws IOException {
        Path socket = socket("a/real.sock");
        Path link = Files.createSymbolicLink(top.resolve("link.sock"), socket);
        assertThat(patterns("/link.sock").admitted(link)).isEmpty();
        assertThat(patterns("/a/real.sock").admitted(link))
                .hasValueSatisfying(found -> assertThat(found.path()).isEqualTo(socket));
    }

    @Test
    void thoseBelowADirectoryAreFoundAsDeepAsAGlobReaches() throws IOException {
        Path near = socket("a/near.sock");
        Path far = socket("a/b/far.sock");
        socket("a/other");
        Files.createFile(top.resolve("a/file.sock"));
        Files.createSymbolicLink(top.resolve("a/link.sock"), far);
        assertThat(patterns("/*/*.sock").below(top.resolve("a")))
                .extracting(HostSocket::path)
                .containsExactly(near);
        assertThat(patterns("/**.sock").below(top.resolve("a")))
                .extracting(HostSocket::path)
                .containsExactlyInAnyOrder(near, far);
        assertThat(patterns("/a/near.sock").reachBelow(top.resolve("a/b"))).isFalse();
    }

    @Test
    void oneThatIsMadeAnewIsAnother() throws IOException {
        Path socket = socket("a/agent.sock");
        SocketPatterns patterns = patterns("/a/agent.sock");
        var before = patterns.admitted(socket).orElseThrow();
        assertThat(patterns.admitted(socket)).contains(before);
        Files.delete(socket);
        socket("a/agent.sock");
        assertThat(patterns.admitted(socket).orElseThrow()).isNotEqualTo(before);
    }

    private SocketPatterns patterns(String glob) {
        return new SocketPatterns(List.of(top + glob));
    }

    private Path socket(String name) throws IOException {
        Path path = top.resolve(name);
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
        }
        return path;
    }
}
