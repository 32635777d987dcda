package io.saya.failpoint;

import java.util.Locale;

/** A step that a signal from outside cannot be timed to hit. Named after what comes next. */
public enum Moment {
    /** The share is there; nobody has looked at the pod's network namespace. */
    NETWORK_SCAN,
    /** The pod's interfaces are known; nothing is written down. */
    NETWORK_RECORD,
    /** Written down what will be made; nothing is made. Has steps: messages to the kernel. */
    NETWORK_PREPARE,
    /** virtiofsd runs, QEMU is not started yet. */
    START_SPAWN,
    /** There is a template for the VM; it is not used yet. */
    TEMPLATE_RESTORE,
    /** A QEMU was started for a template; nothing is loaded. */
    TEMPLATE_LOAD,
    /** The template is loaded; the guest does not run, and the sandbox's devices are not there. */
    TEMPLATE_PLUG,
    /** The VM of a template has come to rest; nothing is saved. */
    TEMPLATE_SAVE,
    /** A template is saved; nobody can see it. */
    TEMPLATE_PUBLISH,
    /** QEMU has its taps open; they are not joined. Has steps: messages to the kernel. */
    NETWORK_CONNECT,
    /** QEMU runs, {@code start} has not returned. */
    START_READY,
    /** The guest boots; nobody has spoken to its agent. */
    CREATE_CONNECT,
    /** The cards are joined; the guest has been told of none. */
    NETWORK_INTERFACE,
    /** The guest knows its interfaces, and no routes. */
    NETWORK_ROUTES,
    /** The guest knows its routes, and no neighbours. */
    NETWORK_NEIGHBORS,
    /** The agent answers; the sandbox in the guest is not made. */
    CREATE_SANDBOX,
    /** The sandbox is up, the container's root is shared; it is not made in the guest. */
    CREATE_CONTAINER,
    /** The container is made in the guest; nobody was told. */
    CREATE_ANNOUNCE,
    /** A process of a container runs in the guest; its streams are not connected. */
    START_ATTACH,
    /** A stop was asked for; the guest does not know. */
    KILL_GUEST,
    /** The guest has ended its containers as far as it did; the VM is there. */
    KILL_VM,
    /** Delete was accepted; nothing is given back. */
    DELETE_DISMANTLE,
    /** What the container held is given back; its record is there. */
    DELETE_FORGET,
    /** Shutdown was answered; the daemon does not serve on purpose any more. */
    SHUTDOWN_END,
    /** All calls are answered; events may wait. */
    SHUTDOWN_FLUSH;

    /** The name of its file: lower case, words joined by {@code -}. */
    public String file() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
