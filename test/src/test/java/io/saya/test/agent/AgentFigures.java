package io.saya.test.agent;

import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import io.saya.proto.agent.CheckRequest;
import io.saya.proto.agent.CreateSandboxRequest;
import io.saya.proto.agent.GuestDetailsRequest;
import io.saya.proto.agent.oci.LinuxResources;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.transport.Transport;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * What an agent costs, by the calls that the contract makes: {@code test/agent/run.sh ADDRESS
 * --figures}. Prints a line for each figure; nothing in it passes or fails.
 */
final class AgentFigures {

    private static final int EXECS = 41;
    private static final int MEBIBYTES = 64;
    private static final int INPUT_MEBIBYTES = 16;
    private static final int CALLS = 2000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Duration ANSWER = Duration.ofSeconds(2);

    /** A guest that is emulated by an emulated machine boots for minutes. */
    private static final Duration BOOT = Duration.ofMinutes(20);

    private static final long BEGUN = System.nanoTime();

    private AgentFigures() {}

    /** Measures the agent of {@code saya.agent}, which may not have booted yet. */
    public static void main(String[] arguments) throws Exception {
        var address =
                AgentAddress.parse(
                        System.getProperty("saya.agent", ""),
                        System.getProperty("saya.agent.dialect", "ttrpc"));
        try (var transport = Transport.open("figures");
                var client = connect(transport, address)) {
            System.out.printf(
                    Locale.ROOT,
                    "answered %.2f s after this began%n",
                    (System.nanoTime() - BEGUN) / 1e9);
            client.agent.createSandbox(
                    CreateSandboxRequest.newBuilder()
                            .setHostname("figures")
                            .setSandboxId("figures")
                            .build(),
                    ContractClient.SOON);
            System.out.printf(
                    "agent %s%n",
                    client.agent
                            .getGuestDetails(
                                    GuestDetailsRequest.getDefaultInstance(), ContractClient.SOON)
                            .getAgentDetails()
                            .getVersion());
            calls(client);
            client.bringRoot();
            client.run("figures", LinuxResources.getDefaultInstance(), "sleep", "1000");
            execs(client);
            output(client);
            input(client);
        }
    }

    private static ContractClient connect(Transport transport, AgentAddress address)
            throws Exception {
        var end = System.nanoTime() + BOOT.toNanos();
        while (true) {
            ContractClient made = null;
            try {
                made =
                        new ContractClient(
                                address.connect(transport, ClientOptions.connectWithin(ANSWER)));
                made.health.check(CheckRequest.getDefaultInstance(), CallOptions.timeout(ANSWER));
                return made;
            } catch (TtrpcException e) {
                if (made != null) {
                    made.close();
                }
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
                Thread.sleep(20);
            }
        }
    }

    /** Of one caller, whose thread and the event loop are all that allocates here. */
    private static void calls(ContractClient client) throws Exception {
        check(client, CALLS / 4);
        long before = THREADS.getTotalThreadAllocatedBytes();
        var begun = System.nanoTime();
        check(client, CALLS);
        var seconds = (System.nanoTime() - begun) / 1e9;
        System.out.printf(
                Locale.ROOT,
                "calls: %.0f a second, %d bytes allocated here by one%n",
                CALLS / seconds,
                (THREADS.getTotalThreadAllocatedBytes() - before) / CALLS);
    }

    private static void check(ContractClient client, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            client.health.check(CheckRequest.getDefaultInstance(), ContractClient.SOON);
        }
    }

    /** From the call to the exit status, output read to its end in between. */
    private static void execs(ContractClient client) throws Exception {
        var times = new double[EXECS];
        for (int i = 0; i < EXECS; i++) {
            var exec = "exec-" + i;
            var begun = System.nanoTime();
            client.execute("figures", exec, false, "true");
            client.output("figures", exec);
            client.end("figures", exec);
            times[i] = (System.nanoTime() - begun) / 1e6;
        }
        Arrays.sort(times);
        System.out.printf(
                Locale.ROOT,
                "exec of true: median %.1f ms, least %.1f ms%n",
                times[EXECS / 2],
                times[0]);
    }

    private static void output(ContractClient client) throws Exception {
        client.execute(
                "figures", "out", false, "dd", "if=/dev/zero", "bs=64k", "count=" + MEBIBYTES * 16);
        var begun = System.nanoTime();
        rate("output", client.drained("figures", "out"), begun);
        client.end("figures", "out");
    }

    /** From the first byte that is written until the program has seen the last. */
    private static void input(ContractClient client) throws Exception {
        client.execute("figures", "in", false, "dd", "of=/dev/null", "bs=64k");
        var piece = ByteString.copyFrom(new byte[1 << 20]);
        var begun = System.nanoTime();
        for (int i = 0; i < INPUT_MEBIBYTES; i++) {
            client.write("figures", "in", piece);
        }
        client.closeInput("figures", "in");
        client.output("figures", "in");
        client.end("figures", "in");
        rate("input", (long) INPUT_MEBIBYTES << 20, begun);
    }

    private static void rate(String what, long bytes, long begun) {
        var seconds = (System.nanoTime() - begun) / 1e9;
        System.out.printf(
                Locale.ROOT,
                "%s: %d bytes in %.2f s, %.0f MB/s%n",
                what,
                bytes,
                seconds,
                bytes / seconds / 1e6);
    }
}
