package io.saya.cli;

import io.saya.cli.call.Invocation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;

/**
 * One call of the command, as a function.
 *
 * @param out what it printed on stdout
 * @param err what it printed on stderr
 */
public record Called(int exitCode, String out, String err) {

    /** Calls it as if it were installed in {@code installation}. */
    public static Called saya(Path installation, Map<String, String> environment, String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode =
                Main.run(
                        new Invocation(
                                installation,
                                environment,
                                new PrintWriter(out),
                                new PrintWriter(err)),
                        words);
        return new Called(exitCode, out.toString(), err.toString());
    }
}
