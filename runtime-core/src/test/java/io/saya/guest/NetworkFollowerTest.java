package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.load.ConfigLoader;
import io.saya.host.Host;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import io.saya.network.PodNetwork;
import io.saya.task.FakeHost;
import io.saya.task.FakeVm;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A namespace that cannot be looked at any more. */
@Timeout(60)
class NetworkFollowerTest {
    private final BlockingQueue<LogRecord> warnings = new LinkedBlockingQueue<>();
    private final FakeVm vm = new FakeVm();

    @TempDir Path directory;

    @BeforeEach
    void listen() {
        LogRouter.install(
                line -> {
                    if (line.message().startsWith("the guest's network is not")) {
                        warnings.add(line);
                    }
                });
    }

    @AfterEach
    void endLog() {
        LogRouter.uninstall();
    }

    @Test
    void aChangeThatCannotBeFollowedIsToldOnce() throws Exception {
        NetworkFollower follower = follower();
        follower.changed(Duration.ofMillis(1));
        assertThat(warnings.poll(20, TimeUnit.SECONDS)).isNotNull();
        follower.changed(Duration.ofMillis(1));
        assertThat(warnings.poll(100, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void nothingIsToldOfASandboxThatEnds() {
        follower().changed(Duration.ofSeconds(30));
        vm.crash();
        assertThat(warnings).isEmpty();
    }

    private NetworkFollower follower() {
        FakeHost host = new FakeHost();
        Host gone =
                (Host)
                        Proxy.newProxyInstance(
                                Host.class.getClassLoader(),
                                new Class<?>[] {Host.class},
                                (_, method, arguments) -> {
                                    if (method.getName().equals("netlink")) {
                                        throw new IOException("no such namespace");
                                    }
                                    try {
                                        return method.invoke(host, arguments);
                                    } catch (InvocationTargetException e) {
                                        throw e.getCause();
                                    }
                                });
        return new NetworkFollower(
                gone,
                new SandboxIdentity("test", "pod0", directory, directory),
                new ConfigLoader(directory).builtIn(),
                SandboxCgroup.none(),
                PodNetwork.none(host, Path.of("/run/netns/none")),
                false,
                vm,
                () -> {
                    throw new AssertionError("the agent is not asked");
                },
                Optional.empty(),
                Optional.empty(),
                () -> {});
    }
}
