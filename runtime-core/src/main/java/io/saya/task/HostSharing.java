package io.saya.task;

import io.saya.event.RootfsMount;
import io.saya.failure.RuntimeFailure;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import io.saya.oci.OciSpec.Namespace;
import io.saya.oci.OciSpec.OciMount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a specification wants a container to share with the host. One policy: what the machine has
 * in its own way is taken from the machine, and that is logged; what would be missing without a
 * word, so that data or isolation is lost, is refused by name. The network of the host is refused
 * before, when the sandbox is made.
 */
final class HostSharing {

    private static final Log LOG = Log.of("create");

    /** What a container gets if its specification does not ask for a namespace of its own. */
    private static final Map<String, String> FROM_THE_MACHINE =
            Map.of(
                    "pid",
                    "hostPID: it sees the processes of its pod, those of the host are not in the VM",
                    "ipc",
                    "hostIPC: it shares IPC with its VM, whose pod is alone there, not with the host",
                    "uts",
                    "the host's UTS namespace: it has the name of its VM, not of the host");

    private static final Path CACHE_CLASSES = Path.of("/sys/fs/resctrl/schemata");

    private static final String NOTIFY = "SCMP_ACT_NOTIFY";

    private HostSharing() {}

    /**
     * Refuses what cannot be shared, and logs what the machine stands in for.
     *
     * @param rootfs the mounts of its root file system
     * @throws RuntimeFailure INVALID_ARGUMENT that names what is asked for
     */
    static void check(String containerId, OciSpec spec, List<RootfsMount> rootfs) {
        for (OciMount mount : spec.mounts()) {
            if (mount.bind() && isShared(mount.options())) {
                throw RuntimeFailure.invalidArgument(
                        "mount of "
                                + mount.source()
                                + " at "
                                + mount.destination()
                                + ": shared propagation (Bidirectional): what a container mounts"
                                + " in its VM cannot appear on the host (expected: HostToContainer"
                                + " or None; in Docker's words rslave or rprivate)");
            }
        }
        for (RootfsMount mount : rootfs) {
            for (String option : mount.options()) {
                if (option.startsWith("uidmap=") || option.startsWith("gidmap=")) {
                    throw userNamespace("root file system with mapped ids (" + option + ")");
                }
            }
        }
        for (Namespace namespace : spec.namespaces()) {
            if (namespace.type().equals("user")) {
                throw userNamespace("a user namespace");
            }
            if (isOfAnother(namespace, spec.kind())) {
                throw RuntimeFailure.invalidArgument(
                        namespace.type()
                                + " namespace "
                                + namespace.path()
                                + ": a VM cannot share that of the host or of another VM (expected:"
                                + " a container without "
                                + namespace.type()
                                + ": container:NAME, or containers of one pod)");
            }
        }
        if (asksAnAgent(spec)) {
            throw RuntimeFailure.invalidArgument(
                    "a seccomp profile with SCMP_ACT_NOTIFY: an agent of the host's cannot answer"
                            + " for calls that are made in a VM (expected: another action)");
        }
        if (linux(spec).object("intelRdt").isPresent()) {
            checkCacheClass(containerId);
        }
        for (String told : standsIn(spec)) {
            LOG.warn(told, "container", containerId);
        }
    }

    /** Returns what the machine stands in for, in words; nothing for a pause container. */
    static List<String> standsIn(OciSpec spec) {
        List<String> told = new ArrayList<>();
        if (spec.kind() == ContainerKind.POD_SANDBOX) {
            return told;
        }
        for (String type : List.of("pid", "ipc", "uts")) {
            if (!has(spec, type)) {
                told.add(String.valueOf(FROM_THE_MACHINE.get(type)));
            }
        }
        return told;
    }

    /**
     * True for a namespace of another container's, named by its path on the host: that container is
     * in another VM, but for those of a pod, whose IPC and name are their VM's.
     */
    private static boolean isOfAnother(Namespace namespace, ContainerKind kind) {
        return kind == ContainerKind.SINGLE
                && !namespace.path().isEmpty()
                && (namespace.type().equals("ipc") || namespace.type().equals("uts"));
    }

    /**
     * A share of the processor's cache and memory bandwidth, where the host can give one, is no
     * more than a limit that is left out; where it cannot, runc refuses it as well.
     */
    private static void checkCacheClass(String containerId) {
        if (!Files.exists(CACHE_CLASSES)) {
            throw RuntimeFailure.invalidArgument(
                    "intelRdt: this host has no "
                            + CACHE_CLASSES
                            + " (expected: a container without a class of Intel's RDT)");
        }
        LOG.warn(
                "intelRdt is left out: a VM is in no class of Intel's RDT",
                "container",
                containerId);
    }

    private static JsonObject linux(OciSpec spec) {
        return spec.json().object("linux").orElse(JsonObject.EMPTY);
    }

    /** True for a profile of calls that a process at a socket of the host's is to decide on. */
    private static boolean asksAnAgent(OciSpec spec) {
        JsonObject profile = linux(spec).object("seccomp").orElse(JsonObject.EMPTY);
        for (JsonObject call : profile.array("syscalls").orElse(JsonArray.EMPTY).objects()) {
            if (call.string("action").orElse("").equals(NOTIFY)) {
                return true;
            }
        }
        return profile.string("defaultAction").orElse("").equals(NOTIFY);
    }

    private static RuntimeFailure userNamespace(String found) {
        return RuntimeFailure.invalidArgument(
                found
                        + ": user namespaces (hostUsers: false, Docker's userns-remap) are not"
                        + " supported; the VM keeps root of the container from being root of the"
                        + " host (expected: a container without them)");
    }

    private static boolean isShared(List<String> options) {
        return options.contains("shared") || options.contains("rshared");
    }

    private static boolean has(OciSpec spec, String type) {
        for (Namespace namespace : spec.namespaces()) {
            if (namespace.type().equals(type)) {
                return true;
            }
        }
        return false;
    }
}
