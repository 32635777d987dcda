package io.saya.config.load;

import io.saya.config.HostSize;
import io.saya.config.Problem;

/** Runs all checks of well-formed values, for code that changes a loaded configuration. */
public final class SettingChecks {

    private SettingChecks() {}

    /**
     * Checks what annotations have set. What the files say was checked when they were loaded and is
     * not reported again. Blocks for the file system.
     */
    public static void checkAnnotated(EffectiveConfig config, HostSize host, Problems problems) {
        Problems inItself = problems.sameBroken();
        StatusCheck.check(config, inItself);
        Contradictions.check(config, inItself);
        for (Problem problem : inItself.sorted()) {
            // An error that the files alone do not have is the annotations' doing.
            if (isAnnotated(problem) || problem.severity() == Problem.Severity.ERROR) {
                problems.add(problem);
            }
        }
        Problems onHost = problems.sameBroken();
        HostChecks.check(config, host, onHost);
        for (Problem problem : onHost.sorted()) {
            if (isAnnotated(problem)) {
                problems.add(problem);
            }
        }
    }

    private static boolean isAnnotated(Problem problem) {
        return problem.source() instanceof Problem.Source.Annotation;
    }
}
