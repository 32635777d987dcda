package io.saya.shim.metrics;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Sums over a process's mappings, in bytes ({@code /proc/PID/smaps_rollup}). To read it takes the
 * kernel the longer the more memory the process has.
 *
 * @param proportional of pages that several processes have, the share
 * @param privately what nobody else has
 */
record SmapsRollup(long proportional, long privately) {

    static Optional<SmapsRollup> of(long pid) {
        long proportional = 0;
        long privately = 0;
        boolean found = false;
        for (String line :
                ProcFile.text(Path.of("/proc/" + pid + "/smaps_rollup")).split("\n", -1)) {
            if (line.startsWith("Pss:")) {
                proportional = ProcFile.number(line) << 10;
                found = true;
            } else if (line.startsWith("Private_")) {
                privately += ProcFile.number(line) << 10;
            }
        }
        return found ? Optional.of(new SmapsRollup(proportional, privately)) : Optional.empty();
    }
}
