package io.saya.test.cri;

import com.google.protobuf.InvalidProtocolBufferException;
import io.saya.proto.containerd.task.StatsRequest;
import io.saya.proto.containerd.task.TaskClient;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What the task service's Stats answers for a container, in the terms that both versions of
 * containerd's messages have. Times are in nanoseconds, sizes in bytes.
 *
 * @param cpuNanos processor time
 * @param throttled periods of a quota in which it was used up
 * @param memory used memory
 * @param swap used swap, without memory
 * @param anon anonymous memory, which CRI calls RSS
 * @param inactiveFile page cache that a working set is without
 * @param pageFaults all, also those that were served from memory
 * @param processes and threads
 * @param written bytes that went to block devices
 * @param sent bytes that went out by the pod's first interface
 * @param oomKills processes that were killed for want of memory
 */
record TaskFigures(
        long cpuNanos,
        long throttled,
        long memory,
        long swap,
        long anon,
        long inactiveFile,
        long pageFaults,
        long processes,
        long written,
        long sent,
        long oomKills) {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final long NANOS_PER_MICRO = 1000;

    /** Asks the shim itself, at its socket. */
    static TaskFigures of(Path socket, String container) {
        try (var transport = Transport.open("figures");
                var client =
                        TtrpcClient.connect(
                                transport,
                                Endpoint.unix(socket),
                                ClientOptions.connectWithin(LIMIT))) {
            var answer =
                    new TaskClient(client)
                            .stats(
                                    StatsRequest.newBuilder().setId(container).build(),
                                    CallOptions.timeout(LIMIT))
                            .getStats();
            return answer.getTypeUrl().contains("cgroups.v1")
                    ? of(io.saya.proto.cgroups.v1.Metrics.parseFrom(answer.getValue()))
                    : of(io.saya.proto.cgroups.v2.Metrics.parseFrom(answer.getValue()));
        } catch (TtrpcException | InvalidProtocolBufferException e) {
            throw new AssertionError("Stats of " + container + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static TaskFigures of(io.saya.proto.cgroups.v1.Metrics told) {
        var memory = told.getMemory();
        return new TaskFigures(
                told.getCpu().getUsage().getTotal(),
                told.getCpu().getThrottling().getThrottledPeriods(),
                memory.getUsage().getUsage(),
                memory.getSwap().getUsage() - memory.getUsage().getUsage(),
                memory.getTotalRss(),
                memory.getTotalInactiveFile(),
                memory.getTotalPgFault(),
                told.getPids().getCurrent(),
                told.getBlkio().getIoServiceBytesRecursiveList().stream()
                        .filter(entry -> entry.getOp().equals("write"))
                        .mapToLong(io.saya.proto.cgroups.v1.BlkIOEntry::getValue)
                        .sum(),
                told.getNetworkCount() == 0 ? 0 : told.getNetwork(0).getTxBytes(),
                told.getMemoryOomControl().getOomKill());
    }

    private static TaskFigures of(io.saya.proto.cgroups.v2.Metrics told) {
        var memory = told.getMemory();
        return new TaskFigures(
                told.getCpu().getUsageUsec() * NANOS_PER_MICRO,
                told.getCpu().getNrThrottled(),
                memory.getUsage(),
                memory.getSwapUsage(),
                memory.getAnon(),
                memory.getInactiveFile(),
                memory.getPgfault(),
                told.getPids().getCurrent(),
                told.getIo().getUsageList().stream()
                        .mapToLong(io.saya.proto.cgroups.v2.IOEntry::getWbytes)
                        .sum(),
                told.getNetworkCount() == 0 ? 0 : told.getNetwork(0).getTxBytes(),
                told.getMemoryEvents().getOomKill());
    }
}
