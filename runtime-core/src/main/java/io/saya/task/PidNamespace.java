package io.saya.task;

import io.saya.agent.AgentTrait;
import io.saya.agent.GuestDetails;
import io.saya.agent.GuestSpec;
import io.saya.container.Container;
import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import io.saya.oci.OciSpec.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * In which pid namespace a container is. Clients name another container's by a path on the host,
 * where each container's stand-in has a namespace of its own: by that the container is found whose
 * namespace in the guest is meant.
 */
sealed interface PidNamespace {

    /** A new one. */
    record Own() implements PidNamespace {}

    /** That of the sandbox's first container. */
    record Sandbox() implements PidNamespace {}

    /** That of another container of the pod ({@code NamespaceMode_TARGET} of CRI). */
    record Target(String containerId) implements PidNamespace {}

    Log LOG = Log.of("create");

    /**
     * Returns what the specification asks for; the host's comes to the pod's.
     *
     * @param containers of the sandbox
     * @param sandboxPid the process that stands for the sandbox itself; 0: none does
     * @throws RuntimeFailure INVALID_ARGUMENT if it is a process that has no container here
     */
    static PidNamespace of(OciSpec spec, List<Container> containers, int sandboxPid) {
        for (Namespace namespace : spec.namespaces()) {
            if (namespace.type().equals("pid") && !namespace.path().isEmpty()) {
                Path path = Path.of(namespace.path());
                return sandboxPid != 0 && isOf(path, sandboxPid)
                        ? new Sandbox()
                        : at(path, spec.kind(), containers);
            }
        }
        return spec.kind() == ContainerKind.POD_CONTAINER && !asksForOne(spec)
                ? new Sandbox() // hostPID: all that it can see are the processes of its pod.
                : new Own();
    }

    private static boolean asksForOne(OciSpec spec) {
        for (Namespace namespace : spec.namespaces()) {
            if (namespace.type().equals("pid")) {
                return true;
            }
        }
        return false;
    }

    private static PidNamespace at(Path path, ContainerKind kind, List<Container> containers) {
        for (Container container : containers) {
            if (container.standIn().lives() && isOf(path, container.standIn().pid())) {
                return container.kind().ownsSandbox() ? new Sandbox() : new Target(container.id());
            }
        }
        if (kind == ContainerKind.POD_CONTAINER) {
            LOG.warn(
                    "no container of the pod has this pid namespace: the pod's is taken",
                    "path",
                    path);
            return new Sandbox();
        }
        throw RuntimeFailure.invalidArgument(
                "pid namespace "
                        + path
                        + ": it is no container's of this VM, and a VM cannot share that of the"
                        + " host or of another VM (expected: a container without pid:"
                        + " container:NAME or pid: host)");
    }

    private static boolean isOf(Path path, int pid) {
        Path its = Path.of("/proc/" + pid + "/ns/pid");
        try {
            return path.equals(its) || Files.isSameFile(path, its);
        } catch (IOException _) {
            return false;
        }
    }

    /** True if the guest is to be told of the sandbox's. */
    default boolean ofSandbox(GuestDetails guest) {
        return switch (this) {
            case Own() -> false;
            case Sandbox() -> true;
            // Kata's agents know no other that is shared.
            case Target _ -> !guest.has(AgentTrait.JOINS_PID_NAMESPACE);
        };
    }

    /** The specification for the guest, with the container that is meant. */
    default GuestSpec in(GuestSpec spec, GuestDetails guest) {
        return switch (this) {
            case Own(), Sandbox() -> spec;
            case Target(String id) ->
                    guest.has(AgentTrait.JOINS_PID_NAMESPACE) ? spec.inPidNamespaceOf(id) : spec;
        };
    }
}
