package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.Agent;
import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.json.Json;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class MachineFollowerTest {
    private static final long MIB = 1 << 20;
    private static final MachineSize BOOT = new MachineSize(1, 194);

    private final LinkedBlockingQueue<String> done = new LinkedBlockingQueue<>();
    private volatile int vcpus = 1;
    private volatile int mib = 194;
    private volatile int most = Integer.MAX_VALUE >> 1;
    private volatile boolean broken;
    private volatile boolean deaf;
    private volatile boolean full;
    private volatile boolean postponed;

    private final Vm vm =
            stand(
                    Vm.class,
                    (_, method, arguments) -> {
                        if (broken) {
                            broken = false;
                            throw new StackOverflowError("nobody has thought of it");
                        }
                        if (deaf
                                && !List.of("vcpus", "moreVcpusLater").contains(method.getName())) {
                            throw new HypervisorFailure("no answer", null);
                        }
                        return switch (method.getName()) {
                            case "vcpus" -> vcpus;
                            case "memoryMib" -> mib;
                            case "moreVcpusLater" -> postponed;
                            case "setVcpus" -> {
                                postponed = full && vcpus < (int) arguments[0];
                                if (postponed) {
                                    yield vcpus;
                                }
                                if (vcpus != (int) arguments[0]) {
                                    vcpus = (int) arguments[0];
                                    done.add("vcpus " + vcpus);
                                }
                                yield vcpus;
                            }
                            case "requestMemory" -> {
                                int wanted = Math.min((int) arguments[0], mib + most);
                                if (mib != wanted) {
                                    mib = wanted;
                                    done.add("memory " + mib);
                                }
                                yield mib;
                            }
                            default -> throw new UnsupportedOperationException(method.getName());
                        };
                    });

    private final Agent agent =
            stand(
                    Agent.class,
                    (_, method, arguments) -> {
                        if (method.getName().equals("update")) {
                            done.add("bind " + arguments[0] + " " + arguments[1]);
                            return null;
                        }
                        assertThat(method.getName()).isEqualTo("useNewHardware");
                        done.add(
                                "use "
                                        + arguments[1]
                                        + " of "
                                        + arguments[0]
                                        + (boolean) arguments[2]);
                        return null;
                    });

    private static <T> T stand(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private MachineFollower follower(boolean fixed) {
        return new MachineFollower(
                new SizingRule(fixed, 1, 8, 2048, 16384, SizingRule.Overhead.NONE),
                BOOT,
                vm,
                () -> agent,
                VcpuPinning.OFF);
    }

    private static Demand demand(long mib, long microCpus) {
        return new Demand(mib * MIB, microCpus, 0, CpuSet.NONE);
    }

    private void assertDone(String... steps) throws InterruptedException {
        for (String step : steps) {
            assertThat(done.poll(30, TimeUnit.SECONDS)).isEqualTo(step);
        }
        assertThat(done).isEmpty();
    }

    @Test
    void theMachineFollowsAgainAfterAFaultThatNobodyHasThoughtOf() throws Exception {
        MachineFollower follower = follower(false);
        broken = true;
        follower.admit("a", demand(512, 0));
        follower.admit("b", demand(512, 0));
        assertThat(done.poll(30, TimeUnit.SECONDS)).startsWith("memory ");
    }

    @Test
    void whatFitsTheMachineChangesNothing() throws Exception {
        MachineFollower follower = follower(false);
        follower.admit("a", demand(64, 500_000));
        follower.dismiss("a");
        assertDone();
    }

    @Test
    void itGrowsBeforeAContainerIsMadeAndShrinksToItsFirstSize() throws Exception {
        MachineFollower follower = follower(false);
        follower.admit("a", demand(64, 500_000));
        follower.admit("b", demand(512, 1_500_000));
        assertDone("memory 714", "vcpus 2", "use 1 of 2true");
        follower.admit("c", Demand.UNLIMITED);
        assertDone("memory 2624", "vcpus 3", "use 1 of 3true");
        follower.dismiss("c");
        assertDone("memory 714", "vcpus 2");
        follower.dismiss("b");
        assertDone("memory 194", "vcpus 1");
        follower.dismiss("b");
        assertDone();
    }

    @Test
    void whatCannotComeAtOnceIsAskedForUntilThereIsNoMore() throws Exception {
        MachineFollower follower = follower(false);
        most = 300;
        follower.admit("a", demand(64, 500_000));
        follower.admit("b", demand(512, 500_000));
        assertDone("memory 494", "use 0 of 1true", "memory 714", "use 0 of 1true");
        most = 0;
        follower.admit("c", demand(512, 500_000));
        assertDone("vcpus 2", "use 1 of 2true");
    }

    @Test
    void whatCouldNotBePluggedIsPluggedAtALaterLook() throws Exception {
        MachineFollower follower = follower(false);
        full = true;
        follower.admit("a", demand(64, 2_000_000));
        follower.look();
        follower.admit("b", demand(512, 500_000));
        assertDone("memory 714", "use 0 of 1true");
        full = false;
        String step = null;
        for (int looks = 0; step == null && looks < 3000; looks++) {
            follower.look();
            step = done.poll(10, TimeUnit.MILLISECONDS);
        }
        assertThat(step).isEqualTo("vcpus 3");
        assertDone("use 2 of 3false");
    }

    @Test
    void itFollowsAnUpdateBothWays() throws Exception {
        MachineFollower follower = follower(false);
        follower.admit("a", demand(64, 500_000));
        follower.change("a", Json.parseObject("{\"memory\":{\"limit\":536870912}}"));
        assertDone("memory 649", "use 0 of 1true");
        follower.change("a", Json.parseObject("{\"cpu\":{\"quota\":200000,\"period\":100000}}"));
        assertDone("vcpus 2", "use 1 of 2false");
        follower.change(
                "a",
                Json.parseObject(
                        "{\"memory\":{\"limit\":67108864},\"cpu\":{\"quota\":50000,\"period\":100000}}"));
        assertDone("memory 194", "vcpus 1");
        follower.change("of nobody", Json.parseObject("{\"memory\":{\"limit\":536870912}}"));
        assertDone();
    }

    @Test
    void anUpdateThatIsRefusedIsTakenBackUnlessAnotherCameMeanwhile() throws Exception {
        MachineFollower follower = follower(false);
        follower.admit("a", demand(64, 500_000));
        Runnable refused =
                follower.change("a", Json.parseObject("{\"memory\":{\"limit\":536870912}}"));
        assertDone("memory 649", "use 0 of 1true");
        refused.run();
        assertDone("memory 194");
        refused = follower.change("a", Json.parseObject("{\"memory\":{\"limit\":536870912}}"));
        follower.change("a", Json.parseObject("{\"memory\":{\"limit\":1073741824}}"));
        assertDone("memory 649", "use 0 of 1true", "memory 1169", "use 0 of 1true");
        refused.run();
        assertThat(follower.demandedBytes()).isEqualTo(1024 * MIB);
    }

    private static Demand bound(long microCpus, String cpus) {
        return new Demand(64 * MIB, microCpus, 0, CpuSet.parse(cpus));
    }

    @Test
    void boundContainersMoveWhenTheMachineOrTheirNeighboursDo() throws Exception {
        MachineFollower follower = follower(false);
        follower.admit("a", bound(500_000, "4-5"));
        assertThat(follower.guestCpus("a").toString()).isEqualTo("0");
        follower.bound("a", follower.guestCpus("a"));
        follower.admit("b", bound(1_500_000, "7"));
        assertDone("memory 259", "vcpus 2", "use 1 of 2true", "bind a cpus 1");
        assertThat(follower.guestCpus("b").toString()).isEqualTo("0");
        follower.bound("b", follower.guestCpus("b"));
        follower.dismiss("b");
        assertDone("memory 194", "vcpus 1", "bind a cpus 0");
        follower.change("a", Json.parseObject("{\"cpu\":{\"cpus\":\"9\"}}"));
        assertDone();
        assertThat(follower.guestCpus("of nobody")).isEqualTo(CpuSet.NONE);
    }

    @Test
    void aStaticMachineStaysAsItIs() throws Exception {
        MachineFollower follower = follower(true);
        follower.admit("a", demand(4096, 4_000_000));
        assertDone();
    }

    @Test
    void whatFailsKeepsNobodyFromRunning() throws Exception {
        MachineFollower follower = follower(false);
        deaf = true;
        follower.admit("a", demand(512, 500_000));
        deaf = false;
        follower.admit("b", demand(512, 500_000));
        assertDone("memory 1169", "use 0 of 1true");
    }

    @Test
    void withoutAnAgentNobodyWaitsForEver() throws Exception {
        MachineFollower follower =
                new MachineFollower(
                        new SizingRule(false, 1, 8, 2048, 16384, SizingRule.Overhead.NONE),
                        BOOT,
                        vm,
                        () -> {
                            throw RuntimeFailure.unavailable("gone", null);
                        },
                        VcpuPinning.OFF);
        follower.admit("a", demand(512, 500_000));
        assertDone("memory 649");
        assertThat(List.of(mib)).containsExactly(649);
    }
}
