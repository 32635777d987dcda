package io.saya.cli.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a terminal that script(1) makes, as no test has one. */
@Timeout(60)
class TerminalTest {

    @Test
    void aTerminalIsRawWhileItIsOpenAndAsBeforeAfterwards() throws Exception {
        String shown = onTerminal(program());
        assertThat(during(shown)).contains(" -icanon").contains(" -echo ").contains("-isig");
        assertThat(after(shown)).contains(" icanon").contains(" echo ").doesNotContain("-isig");
    }

    @Test
    void aCommandThatIsKilledByASignalLeavesTheTerminalAsItWas() throws Exception {
        String shown = onTerminal(program() + " killed; echo after:; stty -a");
        assertThat(during(shown)).contains(" -icanon");
        assertThat(after(shown)).contains(" icanon").contains(" echo ").doesNotContain("-isig");
    }

    @Test
    void whatIsNoTerminalIsLeftAloneAndLoadsNothing() throws Exception {
        Process process =
                new ProcessBuilder("sh", "-c", program().replace(" -cp ", " -verbose:class -cp "))
                        .redirectErrorStream(true)
                        .start();
        process.getOutputStream().close();
        String shown = read(process);
        assertThat(shown).contains("after:").doesNotContain("jnr.");
    }

    private static String during(String shown) {
        return shown.substring(shown.indexOf("during:"), shown.indexOf("after:"));
    }

    private static String after(String shown) {
        return shown.substring(shown.indexOf("after:"));
    }

    private static String program() {
        return String.join(
                " ",
                List.of(
                        System.getProperty("java.home") + File.separator + "bin/java",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        RawTerminal.class.getName()));
    }

    private static String onTerminal(String command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder("script", "-qec", command, "/dev/null")
                        .redirectErrorStream(true)
                        .start();
        process.getOutputStream().close();
        return read(process);
    }

    private static String read(Process process) throws IOException, InterruptedException {
        String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return shown;
    }
}
