package io.saya.test.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.Set;

/** What dies, or stands still. */
enum Fault {
    QEMU_KILLED("QEMU", "qemu-system") {
        @Override
        void strike(Victim victim) {
            kill(victim);
        }
    },
    QEMU_STOPPED("QEMU, SIGSTOP", "qemu-system") {
        @Override
        void strike(Victim victim) {
            victim.processes("qemu-system").forEach(pid -> Host.signal(pid, "STOP"));
        }
    },
    VIRTIOFSD_KILLED("virtiofsd", "virtiofsd") {
        @Override
        void strike(Victim victim) {
            kill(victim);
        }
    },
    /** Of a guest whose agent is reached by it. */
    VSOCK_DAEMON_KILLED("vsock daemon", "vhost-device-vsock") {
        @Override
        void strike(Victim victim) {
            kill(victim);
        }

        @Override
        boolean byVsockDaemon() {
            return true;
        }
    },
    TASK_KILLED("task's process", "saya-task") {
        @Override
        void strike(Victim victim) {
            kill(victim);
        }
    },
    AGENT_KILLED("agent", "") {
        @Override
        void strike(Victim victim) {
            Hand.tell(victim.runDirectory(), "crash");
        }
    },
    AGENT_DEAF("agent, deaf", "") {
        @Override
        void strike(Victim victim) {
            Hand.tell(victim.runDirectory(), "freeze");
        }

        // test/fault/guest.sh: the health check's limit and three periods, or the limit to dial.
        @Override
        Duration bound(Phase phase) {
            return phase.agentAnswered() ? Duration.ofSeconds(12) : Duration.ofSeconds(25);
        }
    },
    GUEST_PANIC("guest's kernel", "") {
        @Override
        void strike(Victim victim) {
            Hand.tell(victim.runDirectory(), "panic");
        }
    },
    /** One that no other one follows. */
    DAEMON_KILLED("shim", "/lib/runtime/bin/java") {
        @Override
        void strike(Victim victim) {
            kill(victim);
        }

        @Override
        OptionalInt restarts() {
            return OptionalInt.of(0);
        }
    },
    /** The same where another one may follow: with nothing in progress it does. */
    DAEMON_FOLLOWED("shim, followed", "/lib/runtime/bin/java") {
        @Override
        void strike(Victim victim) {
            kill(victim);
        }

        @Override
        OptionalInt restarts() {
            return OptionalInt.of(3);
        }

        @Override
        boolean survived(Phase phase) {
            return phase == Phase.IDLE || phase == Phase.EXEC;
        }
    },
    GUARD_KILLED("guard", "saya-guard") {
        @Override
        void strike(Victim victim) {
            kill(victim);
        }
    },
    CONTAINERD_KILLED("containerd", "containerd") {
        @Override
        void strike(Victim victim) {
            victim.node().crash();
            victim.node().start();
        }
    };

    private static final Set<Fault> OUTSIDE_OF_THE_VM =
            Set.of(DAEMON_KILLED, DAEMON_FOLLOWED, GUARD_KILLED, CONTAINERD_KILLED);

    private final String title;
    private final String program;

    Fault(String title, String program) {
        this.title = title;
        this.program = program;
    }

    String title() {
        return title;
    }

    abstract void strike(Victim victim);

    /** True if what it strikes exists at this moment. */
    boolean possible(Phase phase) {
        if (phase == Phase.KILL_VM && (this == AGENT_KILLED || this == AGENT_DEAF)) {
            return false; // it is deaf already
        }
        if (byVsockDaemon()) {
            // Without a serial port there is no hand in the guest that makes its agent deaf.
            return phase != Phase.KILL_VM && (phase.vm() || phase == Phase.START_SPAWN);
        }
        if (this == TASK_KILLED) {
            // It is made while the guest boots, and ends before the exit is seen.
            return phase.vm() && phase.compareTo(Phase.CREATE_CONTAINER) >= 0;
        }
        return OUTSIDE_OF_THE_VM.contains(this)
                || phase.vm()
                || (this == VIRTIOFSD_KILLED && phase == Phase.START_SPAWN);
    }

    /** True if the agent is reached by a vsock daemon, which not every host has. */
    boolean byVsockDaemon() {
        return false;
    }

    /** How many daemons may be followed by another one; empty: as by default. */
    OptionalInt restarts() {
        return OptionalInt.empty();
    }

    /** Limit for the task to be stopped. */
    Duration bound(Phase phase) {
        return Duration.ofSeconds(10);
    }

    /** True if the container survives it. */
    boolean survived(Phase phase) {
        return this == CONTAINERD_KILLED;
    }

    /**
     * True if nobody may know of the sandbox: a guard that is killed after its start and before
     * containerd has connected to the shim. containerd's call fails and it asks for no delete; the
     * node's next start cleans up (packaging/launcher/README.md, "Clean-up").
     */
    boolean leftToTheNextStart(Phase phase) {
        return this == GUARD_KILLED && phase == Phase.CREATE_CONNECT;
    }

    /**
     * Limit for things that are left. A containerd that was killed before its Create reached the
     * shim knows of no container, so nobody deletes one: the shim ends by itself after 30 s
     * (shim/README.md, "End").
     */
    Duration leftBound() {
        return Duration.ofSeconds(this == CONTAINERD_KILLED ? 45 : 10);
    }

    void kill(Victim victim) {
        var pids = victim.processes(program);
        assertThat(pids).as("%s of %s", program, victim.id()).isNotEmpty();
        pids.forEach(Host::kill);
    }
}
