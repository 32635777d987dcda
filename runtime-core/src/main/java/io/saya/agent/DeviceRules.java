package io.saya.agent;

import io.saya.agent.GuestSpec.GuestAbilities;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.proto.agent.oci.LinuxDeviceCgroup;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules by which a container may open devices of the guest, made from those of its
 * specification. Numbers that Linux gives to drivers for good (admin-guide/devices.txt) mean the
 * same device in the guest; those that it gives as drivers come mean one of the host, and are left
 * out.
 */
final class DeviceRules {

    private static final Log LOG = Log.of("create");

    /** What every container may open, as runc has it; the agent applies them where it gets none. */
    private static final List<LinuxDeviceCgroup> USUAL =
            List.of(
                    character(1, 3), // null
                    character(1, 5), // zero
                    character(1, 7), // full
                    character(1, 8), // random
                    character(1, 9), // urandom
                    character(5, 0), // tty
                    character(5, 2), // ptmx
                    character(136, -1), // pts
                    character(10, 200)); // net/tun

    /** The guest's console shows what its kernel and agent say, and is no container's. */
    private static final LinuxDeviceCgroup CONSOLE = character(5, 1);

    private static final LinuxDeviceCgroup ALL =
            LinuxDeviceCgroup.newBuilder().setAllow(true).setType("a").setAccess("rwm").build();

    private DeviceRules() {}

    /**
     * Translates {@code resources.devices}.
     *
     * @param resources of a specification
     * @param allDevices whether the container may open every device of the guest, whatever the
     *     rules say
     * @param abilities what the guest's agent can apply
     * @return nothing where the agent's own rules are meant
     */
    static List<LinuxDeviceCgroup> of(
            JsonObject resources, boolean allDevices, GuestAbilities abilities) {
        List<JsonObject> rules = resources.array("devices").orElse(JsonArray.EMPTY).objects();
        if (allDevices || opensAll(rules)) {
            return List.of(ALL);
        }
        List<LinuxDeviceCgroup> more = more(rules);
        if (more.isEmpty() || !abilities.limits()) {
            return List.of();
        }
        List<LinuxDeviceCgroup> all = new ArrayList<>();
        all.add(ALL.toBuilder().setAllow(false).build());
        // Nodes may be made of all devices.
        all.add(rule("c", -1, -1, "m"));
        all.add(rule("b", -1, -1, "m"));
        all.addAll(USUAL);
        all.addAll(more);
        return all;
    }

    /**
     * The devices that a specification opens beyond the usual ones (Docker's --device-cgroup-rule).
     */
    private static List<LinuxDeviceCgroup> more(List<JsonObject> rules) {
        List<LinuxDeviceCgroup> more = new ArrayList<>();
        for (JsonObject rule : rules) {
            String type = rule.string("type").orElse("");
            long major = rule.integer("major").orElse(-1);
            if (!rule.bool("allow").orElse(false)
                    || major < 0
                    || !(type.equals("c") || type.equals("b"))) {
                continue;
            }
            LinuxDeviceCgroup opened =
                    rule(
                            type,
                            major,
                            rule.integer("minor").orElse(-1),
                            rule.string("access").orElse("rwm"));
            if (isOfTheHostAlone(type, major)) {
                LOG.debug(
                        "a rule for devices is left out: its number is one that only the host's"
                                + " kernel knows",
                        "type",
                        type,
                        "major",
                        major);
            } else if (!USUAL.contains(opened) && !opened.equals(CONSOLE)) {
                more.add(opened);
            }
        }
        return more;
    }

    /** True for the ranges of numbers that a kernel gives to drivers as they come. */
    private static boolean isOfTheHostAlone(String type, long major) {
        return type.equals("c")
                ? (major >= 234 && major <= 254) || (major >= 384 && major <= 511)
                : (major >= 240 && major <= 254) || major == 259;
    }

    /**
     * True if the last rule for all devices allows them: a privileged container's. It speaks of no
     * device of the host, and means those of the guest.
     */
    private static boolean opensAll(List<JsonObject> rules) {
        boolean all = false;
        for (JsonObject rule : rules) {
            String type = rule.string("type").orElse("");
            boolean everyNumber =
                    rule.integer("major").orElse(-1) < 0 && rule.integer("minor").orElse(-1) < 0;
            if ((type.isEmpty() || type.equals("a"))
                    && everyNumber
                    && rule.string("access").orElse("rwm").equals("rwm")) {
                all = rule.bool("allow").orElse(false);
            }
        }
        return all;
    }

    private static LinuxDeviceCgroup character(long major, long minor) {
        return rule("c", major, minor, "rwm");
    }

    private static LinuxDeviceCgroup rule(String type, long major, long minor, String access) {
        return LinuxDeviceCgroup.newBuilder()
                .setAllow(true)
                .setType(type)
                .setMajor(major)
                .setMinor(minor)
                .setAccess(access)
                .build();
    }
}
