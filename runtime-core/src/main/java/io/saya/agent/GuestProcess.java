package io.saya.agent;

import io.saya.json.JsonArray;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.proto.agent.oci.Box;
import io.saya.proto.agent.oci.LinuxCapabilities;
import io.saya.proto.agent.oci.POSIXRlimit;
import io.saya.proto.agent.oci.Process;
import io.saya.proto.agent.oci.User;

/**
 * OCI's {@code process}, for the first process of a container and for an exec, as the agent takes
 * it.
 */
public final class GuestProcess {

    private final Process message;

    private GuestProcess(Process message) {
        this.message = message;
    }

    /** The message that is sent. */
    Process message() {
        return message;
    }

    /**
     * Translates {@code process}. AppArmor and SELinux belong to the host's kernel, which the
     * process never meets: they are left out.
     */
    public static GuestProcess of(JsonObject process) {
        Process.Builder guest = Process.newBuilder();
        Fields fields = new Fields(process);
        fields.bool("terminal", guest::setTerminal);
        fields.object(
                "consoleSize",
                size -> {
                    Box.Builder box = Box.newBuilder();
                    size.uint32("height", box::setHeight);
                    size.uint32("width", box::setWidth);
                    guest.setConsoleSize(box);
                });
        fields.object("user", user -> guest.setUser(user(user)));
        fields.strings("args", guest::addAllArgs);
        fields.strings("env", guest::addAllEnv);
        fields.string("cwd", guest::setCwd);
        // The Rust agent demands the message even where it is empty.
        guest.setCapabilities(LinuxCapabilities.getDefaultInstance());
        fields.object(
                "capabilities", capabilities -> guest.setCapabilities(capabilities(capabilities)));
        fields.objects(
                "rlimits",
                limit -> {
                    POSIXRlimit.Builder rlimit = POSIXRlimit.newBuilder();
                    limit.string("type", rlimit::setType);
                    limit.uint64("hard", rlimit::setHard);
                    limit.uint64("soft", rlimit::setSoft);
                    guest.addRlimits(rlimit);
                });
        fields.bool("noNewPrivileges", guest::setNoNewPrivileges);
        fields.int64("oomScoreAdj", guest::setOOMScoreAdj);
        return new GuestProcess(guest.build());
    }

    /**
     * The same with {@code /dev/null} as stdin, as runc has it where nobody asked for one: programs
     * that read a pipe, and do something else without one, would take an empty one for their input.
     */
    public GuestProcess withoutStdin() {
        return new GuestProcess(message.toBuilder().setNoStdin(true).build());
    }

    private static User user(Fields fields) {
        User.Builder user = User.newBuilder();
        fields.uint32("uid", user::setUID);
        fields.uint32("gid", user::setGID);
        fields.json()
                .array("additionalGids")
                .orElse(JsonArray.EMPTY)
                .values()
                .forEach(
                        gid -> {
                            if (gid instanceof JsonNumber number) {
                                user.addAdditionalGids((int) number.asLong());
                            }
                        });
        fields.string("username", user::setUsername);
        fields.uint32("umask", user::setUmask);
        return user.build();
    }

    private static LinuxCapabilities capabilities(Fields fields) {
        LinuxCapabilities.Builder capabilities = LinuxCapabilities.newBuilder();
        fields.strings("bounding", capabilities::addAllBounding);
        fields.strings("effective", capabilities::addAllEffective);
        fields.strings("inheritable", capabilities::addAllInheritable);
        fields.strings("permitted", capabilities::addAllPermitted);
        fields.strings("ambient", capabilities::addAllAmbient);
        return capabilities.build();
    }
}
