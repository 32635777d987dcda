package io.saya.template;

import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.StartClock;
import io.saya.hypervisor.Hypervisor;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.TemplateHypervisor;
import io.saya.hypervisor.TemplateHypervisor.Fit;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmSpec;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Starts the VM of a sandbox from a template where there is one, else boots it; then {@link
 * #afterBoot} makes the template for the next. What is wrong with a template, or with making one,
 * never fails a start. Thread safe.
 */
public final class Templates implements Hypervisor, AutoCloseable {
    private static final Log LOG = Log.of("template");

    /** The VM is killed; what is left to do is to remove some files. */
    private static final Duration END_LIMIT = Duration.ofSeconds(2);

    private final TemplateHypervisor hypervisor;
    private final TemplateStore store;
    private final TemplateMaker maker;
    private final StartClock clock;
    private final Runnable meanwhile;

    private volatile CompletableFuture<@Nullable Void> settled =
            CompletableFuture.completedFuture(null);
    private volatile State state = new State.Idle("no VM was started");

    /** What became of the template of this sandbox. */
    private sealed interface State {
        /** Nothing is to be done, for this reason. */
        record Idle(String why) implements State {}

        /** There was none, so the VM has booted. */
        record Missing(VmSpec spec, String machine) implements State {}
    }

    /**
     * Templates of one sandbox's kind.
     *
     * @param maker makes those that are missing
     * @param clock is told of a restore that failed
     * @param meanwhile begins what can be done while a VM is restored; must not block
     */
    public Templates(
            TemplateHypervisor hypervisor,
            TemplateStore store,
            TemplateMaker maker,
            StartClock clock,
            Runnable meanwhile) {
        this.hypervisor = hypervisor;
        this.store = store;
        this.maker = maker;
        this.clock = clock;
        this.meanwhile = meanwhile;
    }

    @Override
    public Vm start(VmSpec spec) throws HypervisorFailure {
        Fit fit = hypervisor.fit(spec);
        return switch (fit) {
            case Fit.Not(String why) -> {
                LOG.info("the VM boots: it cannot start from a template", "because", why);
                state = new State.Idle("not used: " + why);
                yield hypervisor.start(spec);
            }
            case Fit.From(String machine) -> {
                Vm restored = restored(spec, machine);
                yield restored != null ? restored : hypervisor.start(spec);
            }
        };
    }

    private @Nullable Vm restored(VmSpec spec, String machine) {
        @Nullable Path template = null;
        try {
            Optional<Path> found = store.find(machine);
            if (found.isEmpty()) {
                state = new State.Missing(spec, machine);
                return null;
            }
            template = found.get();
            Failpoints.reach(Moment.TEMPLATE_RESTORE);
            meanwhile.run();
            Vm vm = hypervisor.restore(spec, template);
            state = new State.Idle("used");
            return vm;
        } catch (IOException | HypervisorFailure | RuntimeFailure e) {
            LOG.warn("the template is given up and the VM boots", "template", template, "error", e);
            state = new State.Missing(spec, machine);
            if (template != null) {
                discard(template);
            }
            clock.restoreFailed();
            return null;
        }
    }

    private void discard(Path template) {
        try {
            store.discard(template);
        } catch (IOException e) {
            LOG.warn("the template stays", "template", template, "error", e);
        }
    }

    /**
     * Makes the template that was missing, unless somebody else does; to be called in a thread of
     * its own when the sandbox is up. Blocks for some seconds.
     */
    public void afterBoot() {
        settled = new CompletableFuture<>();
        try {
            if (state instanceof State.Missing(VmSpec spec, String machine)) {
                state = new State.Idle("being made");
                state = new State.Idle(maker.make(spec, machine, store));
            }
            store.expire();
        } catch (IOException | HypervisorFailure | RuntimeFailure e) {
            LOG.warn("no template is made", "error", e);
            state = new State.Idle("not made: " + e.getMessage());
        } finally {
            settled.complete(null);
        }
    }

    /**
     * Gives up a template that is being made; returns when nothing is left of it, or after two
     * seconds.
     */
    @Override
    public void close() {
        maker.end();
        if (!Waited.on(settled, END_LIMIT).isDone()) {
            LOG.warn("what was made of a template is left to the next one that makes one");
        }
    }

    /** For operators: {@code used}, {@code made}, {@code being made}, or why there is none. */
    public String describe() {
        return switch (state) {
            case State.Idle(String why) -> why;
            case State.Missing _ -> "missing";
        };
    }
}
