package io.saya.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A unary call that is answered with its own message, over a Unix socket, client and server in one
 * process: so the bytes allocated per call are those of both sides.
 *
 * <p>The virtual machine is set up as the daemon's is. Both contestants have one event loop thread
 * on either side.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgs = {
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"
        })
public class RoundTrip {
    /**
     * Carriers of a call; gRPC comes with its usual thread pool. Of bytes without a call only one
     * caller at a time ({@code -t 1}): on the JDK's socket, on Netty's, in a stream of yamux.
     */
    @Param({"ttrpc", "grpc", "grpc-virtual", "socket", "bytes", "yamux"})
    public String contestant;

    /** Bytes in the message. */
    @Param({"16", "65536", "1048576"})
    public int size;

    private EchoPair pair;
    private BytesValue message;

    /** Connects client and server. */
    @Setup(Level.Trial)
    public void open() throws Exception {
        message = BytesValue.of(ByteString.copyFrom(new byte[size]));
        pair =
                switch (contestant) {
                    case "ttrpc" -> new TtrpcPair();
                    case "socket" -> new SocketPair();
                    case "bytes" -> new BytesPair(false);
                    case "yamux" -> new BytesPair(true);
                    case "grpc" -> new GrpcPair(false);
                    case "grpc-virtual" -> new GrpcPair(true);
                    default -> throw new IllegalArgumentException("contestant " + contestant);
                };
        if (!pair.echo(message).equals(message)) {
            throw new IllegalStateException(contestant + " does not answer with the message");
        }
    }

    /** Ends both. */
    @TearDown(Level.Trial)
    public void close() throws Exception {
        pair.close();
    }

    /** One call. */
    @Benchmark
    public BytesValue roundTrip() throws Exception {
        return pair.echo(message);
    }
}
