package io.saya.shim;

import io.saya.shim.daemon.ShimArguments;
import io.saya.shim.daemon.ShimDaemon;

/**
 * Chooses a command. {@code daemon} is what the guard starts, once per sandbox; everything that
 * containerd itself executes is answered by the launcher, without a JVM.
 */
public final class Main {

    private Main() {}

    /** Ends the JVM with the command's exit code; 2 for a call that makes no sense. */
    public static void main(String[] arguments) {
        Runtime.getRuntime().halt(run(arguments));
    }

    private static int run(String[] arguments) {
        try {
            ShimArguments parsed = ShimArguments.parse(arguments);
            return switch (parsed.command()) {
                case "daemon" -> ShimDaemon.run(parsed);
                case "successor" -> ShimDaemon.succeed(parsed);
                case "restart" -> ShimDaemon.restart(parsed);
                default ->
                        throw new IllegalArgumentException(
                                "command: '"
                                        + parsed.command()
                                        + "' (expected: daemon, successor or restart)");
            };
        } catch (IllegalArgumentException e) {
            System.err.println("saya: " + e.getMessage());
            return 2;
        } catch (RuntimeException | Error e) {
            // Other threads would keep a process alive that serves nobody.
            System.err.println("saya: the daemon ends by a fault: " + e);
            return 1;
        }
    }
}
