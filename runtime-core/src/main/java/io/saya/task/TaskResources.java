package io.saya.task;

import io.saya.agent.GuestResources;
import io.saya.agent.GuestSpec.GuestAbilities;
import io.saya.container.Container;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.TaskGuest;
import io.saya.json.JsonObject;
import io.saya.oci.OciSpec;
import io.saya.resources.CpuSet;
import io.saya.resources.Demand;
import io.saya.resources.HostSets;
import io.saya.resources.LimitBounds;
import io.saya.resources.MachineFollower;
import io.saya.resources.OomScore;
import io.saya.sandbox.Sandbox;

/**
 * Has the machine and its swap follow what its containers may use: it grows before a container is
 * made or gets more, and shrinks when one has ended. Thread safe; {@link #admit} and {@link
 * #change} block until the machine has grown.
 */
final class TaskResources {

    private final Sandbox sandbox;

    TaskResources(Sandbox sandbox) {
        this.sandbox = sandbox;
    }

    /**
     * Makes the machine large enough for the container before the guest makes it, so that its
     * program finds what it may use. Returns the virtual CPUs that it is to be bound to, if any.
     */
    CpuSet admit(Container container, OciSpec spec) {
        MachineFollower machine = sandbox.guest().machine();
        sandbox.guest().swap().admit(container.id(), spec.resources());
        machine.admit(container.id(), Demand.of(spec.resources()));
        OomScore score = sandbox.guest().oomScore();
        score.admit(container.id(), spec.oomScoreAdj());
        var _ = container.init().exited().thenRun(() -> dismiss(container));
        return machine.guestCpus(container.id());
    }

    private void dismiss(Container container) {
        TaskGuest guest = sandbox.guest();
        guest.swap().dismiss(container.id());
        guest.oomScore().dismiss(container.id());
        guest.machine().dismiss(container.id());
    }

    /** Notes the virtual CPUs that the guest has bound the container to. */
    void bound(Container container, CpuSet cpus) {
        sandbox.guest().machine().bound(container.id(), cpus);
    }

    /**
     * Sets the limits of a container that runs.
     *
     * @param told OCI's {@code linux.resources}
     */
    void change(Container container, JsonObject told) {
        TaskGuest guest = sandbox.guest();
        JsonObject resources = guest.limited(told);
        GuestAbilities abilities = guest.details().abilities();
        // Before anything is changed: it may be refused.
        HostSets.require(told);
        LimitBounds.require(told);
        var _ = GuestResources.of(resources, false, abilities, "");
        guest.swap().admit(container.id(), resources);
        if (container.init().exited().isDone()) {
            dismiss(container); // it was before: nobody else will
        }
        Runnable takeBack = guest.machine().change(container.id(), resources);
        CpuSet cpus = guest.machine().guestCpus(container.id());
        try {
            guest.requireAgent()
                    .update(
                            container.id(),
                            GuestResources.of(resources, false, abilities, cpus.toString()),
                            ContainerCreation.podLimits(guest, container.kind()));
        } catch (RuntimeFailure e) {
            takeBack.run();
            throw e;
        }
        bound(container, cpus);
    }
}
