package io.saya.bench;

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
 * Output of a process, as it comes from an agent: by calls that fetch 32 KiB each, one after the
 * other; beside it bytes that are just sent. An operation is a mebibyte; client and server in one
 * process, set up as {@link RoundTrip} is.
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
public class Output {
    private static final int MEBIBYTE = 1 << 20;

    /** {@code socket} is the JDK's, without Netty. */
    @Param({"socket", "bytes", "yamux", "ttrpc", "grpc"})
    public String contestant;

    private OutputPair pair;

    /** Connects client and server. */
    @Setup(Level.Trial)
    public void open() throws Exception {
        pair =
                switch (contestant) {
                    case "socket" -> new SocketPair();
                    case "bytes" -> new BytesOutput(false);
                    case "yamux" -> new BytesOutput(true);
                    case "ttrpc" -> new TtrpcPair();
                    case "grpc" -> new GrpcPair(false);
                    default -> throw new IllegalArgumentException("contestant " + contestant);
                };
    }

    /** Ends both. */
    @TearDown(Level.Trial)
    public void close() throws Exception {
        pair.close();
    }

    /** One mebibyte. */
    @Benchmark
    public void mebibyte() throws Exception {
        pair.take(MEBIBYTE);
    }
}
