package io.saya.cli.sandbox;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.host.Terminal;
import io.saya.lifecycle.Waited;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code saya exec SANDBOX}. */
@Command(
        name = "exec",
        description = {
            "Open a shell in the guest of a sandbox, beside its containers. Ctrl-] leaves it.",
            "Off unless the sandbox was started with debug_console_enabled = true in [agent.kata]: a"
                    + " shell in the guest sees all of its containers.",
            "For a program in a container there is 'kubectl exec', or 'ctr tasks exec'."
        })
public final class ExecCommand implements Callable<Integer> {
    /** Ctrl-], as telnet has it: Ctrl-C and Ctrl-D belong to the shell. */
    private static final byte ESCAPE = 0x1d;

    /** Limit for the shell to go on to talk once the input has ended. */
    private static final Duration LINGER_LIMIT = Duration.ofSeconds(2);

    private final Invocation invocation;

    @Parameters(
            paramLabel = "SANDBOX",
            description = "Its id, the beginning of it, or the id of one of its containers.")
    private String sandbox = "";

    /** The command for one call. */
    public ExecCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws IOException {
        Terminal.prepare();
        KnownSandbox known = new Sandboxes(invocation.runBase()).named(sandbox);
        try (SocketChannel console = known.client().console();
                Terminal _ = Terminal.raw()) {
            invocation.err().println("Connected to the guest; Ctrl-] leaves.\r");
            invocation.err().flush();
            // The shell shows its prompt when somebody presses Enter.
            ManagementClient.write(console, new byte[] {'\n'});
            CountDownLatch over = new CountDownLatch(1);
            Thread output =
                    Thread.ofPlatform()
                            .name("console output")
                            .daemon(true)
                            .start(() -> show(console, over));
            // Nothing wakes a thread that waits for a key: where the shell ends first, it is left.
            Thread.ofPlatform()
                    .name("console input")
                    .daemon(true)
                    .start(() -> type(console, output, over));
            boolean _ = Waited.untilInterrupted(over::await);
        }
        return ExitCode.OK;
    }

    /** Types until the escape or the end of the input. */
    private static void type(SocketChannel console, Thread output, CountDownLatch over) {
        try {
            if (!type(console)) {
                // The end of the input is not the end of what the shell has to say to it.
                linger(output);
            }
        } catch (IOException _) {
            // The shell is gone.
        } finally {
            over.countDown();
        }
    }

    /** Sends what is typed; true if the escape was. */
    private static boolean type(SocketChannel console) throws IOException {
        InputStream in = new FileInputStream(FileDescriptor.in);
        byte[] typed = new byte[256];
        for (int count = in.read(typed); count >= 0; count = in.read(typed)) {
            int escape = indexOf(typed, count);
            int length = escape < 0 ? count : escape;
            ManagementClient.write(console, Arrays.copyOf(typed, length));
            if (escape >= 0) {
                return true;
            }
        }
        return false;
    }

    private static int indexOf(byte[] typed, int count) {
        for (int i = 0; i < count; i++) {
            if (typed[i] == ESCAPE) {
                return i;
            }
        }
        return -1;
    }

    private static void linger(Thread output) {
        var _ = Waited.happens(LINGER_LIMIT, nanos -> output.join(Duration.ofNanos(nanos)));
    }

    private static void show(SocketChannel console, CountDownLatch over) {
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        ByteBuffer bytes = ByteBuffer.allocate(4096);
        try {
            while (console.read(bytes.clear()) >= 0) {
                out.write(bytes.array(), 0, bytes.position());
                out.flush();
            }
        } catch (IOException _) {
            // Either side has left.
        } finally {
            over.countDown();
        }
    }
}
