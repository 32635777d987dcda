package io.saya.resources;

import io.saya.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/**
 * Decides which process the host's kernel ends first for want of memory: gives the VMM the {@code
 * oom_score_adj} of the containers that run in it, so that the kernel's choice is the
 * orchestrator's. Of several it is the lowest, since all end with the VMM; without any it is the
 * last, and before the first that of the guard. virtiofsd keeps the guard's: its memory is small,
 * and its end is the pod's as well. Thread safe; writes one file of the kernel.
 */
public final class OomScore {
    private static final Log LOG = Log.of("resources");

    private final Path file;
    private final Map<String, Integer> scores = new HashMap<>();
    private int told = Integer.MIN_VALUE;

    /** Of a VMM that runs. */
    public OomScore(long vmm) {
        this(Path.of("/proc/" + vmm + "/oom_score_adj"));
    }

    OomScore(Path file) {
        this.file = file;
    }

    /**
     * A container is about to be made.
     *
     * @param score its {@code process.oomScoreAdj}, -1000 to 1000
     */
    public synchronized void admit(String container, int score) {
        scores.put(container, score);
        follow();
    }

    /** A container has ended. */
    public synchronized void dismiss(String container) {
        scores.remove(container);
        follow();
    }

    /** The scores that count, by container. */
    public synchronized Map<String, Integer> scores() {
        return Map.copyOf(scores);
    }

    private void follow() {
        if (scores.isEmpty()) {
            return;
        }
        int score = Collections.min(scores.values());
        if (score == told) {
            return;
        }
        try {
            Files.writeString(file, Integer.toString(score));
            told = score;
        } catch (IOException e) {
            // It ends just now, or the host forbids a lower score: the pod runs on all the same.
            LOG.warn("the VM keeps another OOM score", "score", score, "error", e);
        }
    }
}
