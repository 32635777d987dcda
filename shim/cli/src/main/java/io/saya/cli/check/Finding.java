package io.saya.cli.check;

/**
 * What a check found.
 *
 * @param check name of the check, one word
 * @param text what is the case
 * @param advice what to do about it; empty if there is nothing to do
 */
public record Finding(String check, Verdict verdict, String text, String advice) {

    /**
     * What a finding means for containers: they run, they run with a drawback, or they do not run.
     */
    public enum Verdict {
        PASS,
        /** They do, but something is slower or missing. */
        WARN,
        /** They do not. */
        FAIL,
        /** Only root can know. */
        SKIP
    }

    static Finding pass(String check, String text) {
        return new Finding(check, Verdict.PASS, text, "");
    }

    static Finding warn(String check, String text, String advice) {
        return new Finding(check, Verdict.WARN, text, advice);
    }

    static Finding fail(String check, String text, String advice) {
        return new Finding(check, Verdict.FAIL, text, advice);
    }

    static Finding skip(String check, String text) {
        return new Finding(check, Verdict.SKIP, text, "run 'saya check' as root to know");
    }
}
