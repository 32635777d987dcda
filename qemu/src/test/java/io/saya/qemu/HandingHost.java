package io.saya.qemu;

import io.saya.host.MonitorCommand;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A host that only hands over. */
final class HandingHost extends RefusingHost {
    static final String DONE = "{\"return\": {}}";

    private final BlockingQueue<MonitorCommand> commands = new LinkedBlockingQueue<>();
    volatile String answer = DONE;
    volatile @Nullable RuntimeException failure;

    MonitorCommand take() throws InterruptedException {
        return Objects.requireNonNull(commands.poll(30, TimeUnit.SECONDS));
    }

    @Override
    public String command(MonitorCommand command) {
        RuntimeException unforeseen = failure;
        if (unforeseen != null) {
            throw unforeseen;
        }
        commands.add(command);
        return answer;
    }
}
