package io.saya.monitor.meter;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** This process, as /proc tells; 0 where it does not. */
final class OwnProcess {
    private static final long PAGE = 4096;

    private OwnProcess() {}

    static double cpuSeconds() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis()
                / 1000.0;
    }

    static double startTime() {
        return ProcessHandle.current().info().startInstant().orElse(Instant.EPOCH).toEpochMilli()
                / 1000.0;
    }

    static double residentBytes() {
        try {
            return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", 3)[1])
                    * (double) PAGE;
        } catch (IOException | NumberFormatException _) {
            return 0;
        }
    }

    static double openFiles() {
        int open = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path _ : files) {
                open++;
            }
        } catch (IOException _) {
            return 0;
        }
        return open;
    }
}
