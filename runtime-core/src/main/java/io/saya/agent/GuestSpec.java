package io.saya.agent;

import io.saya.json.JsonObject;
import io.saya.oci.OciHook;
import io.saya.oci.OciSpec;
import io.saya.oci.OciSpec.Namespace;
import io.saya.oci.OciSpec.OciMount;
import io.saya.proto.agent.oci.Hook;
import io.saya.proto.agent.oci.Linux;
import io.saya.proto.agent.oci.LinuxDevice;
import io.saya.proto.agent.oci.LinuxIDMapping;
import io.saya.proto.agent.oci.LinuxNamespace;
import io.saya.proto.agent.oci.LinuxSeccomp;
import io.saya.proto.agent.oci.LinuxSeccompArg;
import io.saya.proto.agent.oci.LinuxSyscall;
import io.saya.proto.agent.oci.Mount;
import io.saya.proto.agent.oci.Process;
import io.saya.proto.agent.oci.Root;
import io.saya.proto.agent.oci.Spec;
import java.time.Duration;
import java.util.List;

/**
 * The specification that the guest is given: that of the host with everything taken out that speaks
 * of the host (runtime-core/kata.md#the-specification-that-the-guest-is-given). Of the hooks those
 * are left that run inside of the container; the others are the host's programs.
 */
public final class GuestSpec {

    private final Spec message;
    private final List<GuestDevice> devices;

    private GuestSpec(Spec message, List<GuestDevice> devices) {
        this.message = message;
        this.devices = List.copyOf(devices);
    }

    /** The message that is sent. */
    Spec message() {
        return message;
    }

    /** What is sent beside it. */
    List<GuestDevice> devices() {
        return devices;
    }

    /** Returns this specification with disks in the place of block devices that it has. */
    public GuestSpec withDevices(List<GuestDevice> disks) {
        return new GuestSpec(message, disks);
    }

    /** The same for a process without stdin: {@link GuestProcess#withoutStdin}. */
    public GuestSpec withoutStdin() {
        Process process = message.getProcess().toBuilder().setNoStdin(true).build();
        return new GuestSpec(message.toBuilder().setProcess(process).build(), devices);
    }

    /**
     * What a guest can do that some guests can not.
     *
     * @param seccomp the agent applies seccomp profiles
     * @param limits the agent applies every limit as it is meant: also of processes, which Kata's
     *     read the wrong way round (agent-proto/api/agents.md#containers), of CPUs by their
     *     numbers, and files of cgroup v2
     */
    public record GuestAbilities(boolean seccomp, boolean limits) {}

    /**
     * Translates {@code spec}.
     *
     * @param rootPath the root file system in the guest
     * @param mounts the mounts with sources that exist in the guest
     * @param cpus as {@link GuestResources#of} takes them
     */
    public static GuestSpec of(
            OciSpec spec,
            String rootPath,
            List<OciMount> mounts,
            GuestAbilities abilities,
            String cpus) {
        Spec.Builder guest = Spec.newBuilder();
        Fields fields = new Fields(spec.json());
        fields.string("ociVersion", guest::setVersion);
        fields.string("hostname", guest::setHostname);
        fields.object(
                "process", process -> guest.setProcess(GuestProcess.of(process.json()).message()));
        guest.setRoot(Root.newBuilder().setPath(rootPath).setReadonly(spec.rootReadOnly()));
        for (OciMount mount : mounts) {
            guest.addMounts(
                    Mount.newBuilder()
                            .setDestination(mount.destination())
                            .setSource(mount.source())
                            .setType(mount.type())
                            .addAllOptions(mount.options()));
        }
        spec.annotations()
                .forEach(
                        (key, value) -> {
                            if (!key.startsWith("cdi.k8s.io/")) {
                                guest.addAnnotationsBuilder().setKey(key).setValue(value);
                            }
                        });
        JsonObject linux = spec.json().object("linux").orElse(JsonObject.EMPTY);
        boolean privileged = Privileged.is(guest.getProcess().getCapabilities(), linux);
        guest.setLinux(linux(linux, spec.namespaces(), privileged, abilities, cpus));
        if (!guest.getHostname().isEmpty() && !has(spec.namespaces(), "uts")) {
            // It would share the host's name, which comes with the specification.
            guest.getLinuxBuilder().addNamespaces(LinuxNamespace.newBuilder().setType("uts"));
        }
        hooks(spec, guest);
        return new GuestSpec(guest.build(), List.of());
    }

    private static void hooks(OciSpec spec, Spec.Builder guest) {
        for (OciHook hook : OciHook.of(spec, OciHook.Moment.CREATE_CONTAINER)) {
            guest.getHooksBuilder().addCreateContainer(hook(hook));
        }
        for (OciHook hook : OciHook.of(spec, OciHook.Moment.START_CONTAINER)) {
            guest.getHooksBuilder().addStartContainer(hook(hook));
        }
    }

    private static Hook hook(OciHook hook) {
        return Hook.newBuilder()
                .setPath(hook.path())
                .addAllArgs(hook.args())
                .addAllEnv(hook.env())
                .setTimeout(hook.timeout().map(Duration::toSeconds).orElse(0L))
                .build();
    }

    /**
     * Returns this specification, changed for a container that joins the pid namespace of another
     * one.
     */
    public GuestSpec inPidNamespaceOf(String containerId) {
        Spec.Builder guest = message.toBuilder();
        guest.getLinuxBuilder()
                .addNamespaces(LinuxNamespace.newBuilder().setType("pid").setPath(containerId));
        return new GuestSpec(guest.build(), devices);
    }

    private static Linux linux(
            JsonObject json,
            List<Namespace> namespaces,
            boolean privileged,
            GuestAbilities abilities,
            String cpus) {
        Linux.Builder linux = Linux.newBuilder();
        Fields fields = new Fields(json);
        fields.objects("uidMappings", mapping -> linux.addUIDMappings(mapping(mapping)));
        fields.objects("gidMappings", mapping -> linux.addGIDMappings(mapping(mapping)));
        fields.map("sysctl", (key, value) -> linux.addSysctlBuilder().setKey(key).setValue(value));
        fields.object(
                "resources",
                resources ->
                        linux.setResources(
                                GuestResources.of(resources.json(), privileged, abilities, cpus)
                                        .message()));
        fields.string("cgroupsPath", linux::setCgroupsPath);
        for (Namespace namespace : namespaces) {
            // The guest has one network and one cgroup tree; which pid namespace to use is said in
            // the request.
            switch (namespace.type()) {
                case "network", "pid", "cgroup", "time" -> {}
                default ->
                        linux.addNamespaces(LinuxNamespace.newBuilder().setType(namespace.type()));
            }
        }
        fields.objects("devices", device -> linux.addDevices(device(device)));
        if (abilities.seccomp()) {
            fields.object("seccomp", seccomp -> linux.setSeccomp(seccomp(seccomp)));
        }
        fields.string("rootfsPropagation", linux::setRootfsPropagation);
        fields.strings("maskedPaths", linux::addAllMaskedPaths);
        fields.strings("readonlyPaths", linux::addAllReadonlyPaths);
        return linux.build();
    }

    private static boolean has(List<Namespace> namespaces, String type) {
        for (Namespace namespace : namespaces) {
            if (namespace.type().equals(type)) {
                return true;
            }
        }
        return false;
    }

    private static LinuxIDMapping mapping(Fields fields) {
        LinuxIDMapping.Builder mapping = LinuxIDMapping.newBuilder();
        fields.uint32("hostID", mapping::setHostID);
        fields.uint32("containerID", mapping::setContainerID);
        fields.uint32("size", mapping::setSize);
        return mapping.build();
    }

    private static LinuxDevice device(Fields fields) {
        LinuxDevice.Builder device = LinuxDevice.newBuilder();
        fields.string("path", device::setPath);
        fields.string("type", device::setType);
        fields.int64("major", device::setMajor);
        fields.int64("minor", device::setMinor);
        fields.uint32("fileMode", device::setFileMode);
        fields.uint32("uid", device::setUID);
        fields.uint32("gid", device::setGID);
        return device.build();
    }

    private static LinuxSeccomp seccomp(Fields fields) {
        LinuxSeccomp.Builder seccomp = LinuxSeccomp.newBuilder();
        fields.string("defaultAction", seccomp::setDefaultAction);
        fields.uint32("defaultErrnoRet", seccomp::setDefaulterrnoret);
        fields.strings("architectures", seccomp::addAllArchitectures);
        fields.strings("flags", seccomp::addAllFlags);
        fields.objects(
                "syscalls",
                call -> {
                    LinuxSyscall.Builder syscall = LinuxSyscall.newBuilder();
                    call.strings("names", syscall::addAllNames);
                    call.string("action", syscall::setAction);
                    call.uint32("errnoRet", syscall::setErrnoret);
                    call.objects(
                            "args",
                            arg -> {
                                LinuxSeccompArg.Builder argument = LinuxSeccompArg.newBuilder();
                                arg.uint64("index", argument::setIndex);
                                arg.uint64("value", argument::setValue);
                                arg.uint64("valueTwo", argument::setValueTwo);
                                arg.string("op", argument::setOp);
                                syscall.addArgs(argument);
                            });
                    seccomp.addSyscalls(syscall);
                });
        return seccomp.build();
    }
}
