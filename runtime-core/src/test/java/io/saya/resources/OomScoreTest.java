package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OomScoreTest {
    @Test
    void theLowestOfTheContainersCountsAndTheLastStays(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("oom_score_adj"), "-998");
        OomScore score = new OomScore(file);
        score.dismiss("nobody");
        assertThat(file).hasContent("-998");
        score.admit("a", 1000);
        assertThat(file).hasContent("1000");
        score.admit("b", -3);
        assertThat(file).hasContent("-3");
        score.dismiss("b");
        assertThat(file).hasContent("1000");
        score.dismiss("a");
        assertThat(file).hasContent("1000");
    }

    @Test
    void aVmmThatHasEndedKeepsNobodyFromRunning(@TempDir Path directory) {
        new OomScore(directory.resolve("gone").resolve("oom_score_adj")).admit("a", 5);
    }
}
