package io.saya.monitor;

import io.saya.monitor.node.RunRoot;
import io.saya.monitor.node.SandboxRuntime;
import io.saya.monitor.scrape.ScrapeLimits;
import java.nio.file.Path;
import java.util.List;

/**
 * Where the monitor looks, and how far it goes.
 *
 * @param roots directories of run directories
 * @param criSocket containerd's; it need not exist
 */
public record MonitorOptions(List<RunRoot> roots, Path criSocket, ScrapeLimits limits) {

    /** Kata's run directories: of its runtime in Go, and of that in Rust. */
    public static final List<Path> KATA = List.of(Path.of("/run/vc/sbs"), Path.of("/run/kata"));

    /**
     * The usual limits.
     *
     * @param runBase Saya's run directories
     * @param kata Kata's
     */
    public static MonitorOptions of(Path runBase, List<Path> kata, Path criSocket) {
        List<RunRoot> roots =
                java.util.stream.Stream.concat(
                                java.util.stream.Stream.of(
                                        new RunRoot(runBase, SandboxRuntime.SAYA)),
                                kata.stream().map(path -> new RunRoot(path, SandboxRuntime.KATA)))
                        .toList();
        return new MonitorOptions(roots, criSocket, ScrapeLimits.DEFAULT);
    }
}
