package io.saya.cgroup;

import io.saya.cgroup.dbus.DBusConnection;
import io.saya.cgroup.dbus.DBusMessage;
import io.saya.cgroup.dbus.DBusMessage.Field;
import io.saya.cgroup.dbus.DBusReader;
import io.saya.cgroup.dbus.DBusWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A unit of systemd's that a sandbox's cgroup is: a scope, which systemd makes when it is asked to,
 * with the processes that are to be in it, and forgets when the last of them has ended. What is
 * below it, and in it, systemd leaves to us (Delegate).
 *
 * @param slice name of the slice that it is in; systemd makes one that is not there
 * @param unit its own name
 * @param parent path of the slice below the root of each hierarchy
 */
public record SystemdScope(String slice, String unit, String parent) {
    private static final int NAME_LIMIT = 255;

    private static final Interface MANAGER =
            new Interface(
                    "org.freedesktop.systemd1",
                    "/org/freedesktop/systemd1",
                    "org.freedesktop.systemd1.Manager");
    private static final Interface BUS =
            new Interface("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");

    /** Of an array's elements. */
    private static final int STRUCT = 8;

    /**
     * Where systemd is reached.
     *
     * @param path a socket
     * @param bus whether a bus is there, and systemd behind it
     */
    public record Endpoint(Path path, boolean bus) {

        /** systemd's own, which root alone may use, and the bus, where a container has that. */
        public static final List<Endpoint> USUAL =
                List.of(
                        new Endpoint(Path.of("/run/systemd/private"), false),
                        new Endpoint(Path.of("/run/dbus/system_bus_socket"), true));

        /** The first of these that is there; empty where no systemd runs. */
        public static Optional<Endpoint> firstOf(List<Endpoint> endpoints) {
            for (Endpoint endpoint : endpoints) {
                if (Files.exists(endpoint.path)) {
                    return Optional.of(endpoint);
                }
            }
            return Optional.empty();
        }
    }

    /**
     * Returns the scope that a specification names, by runc's rule: {@code slice:prefix:name} is
     * {@code prefix-name.scope} in the slice. Empty for a path, and for a name that no unit can
     * have.
     *
     * @param cgroupsPath {@code linux.cgroupsPath}
     * @throws IllegalArgumentException as {@link CgroupPath#of}
     */
    public static Optional<SystemdScope> of(String cgroupsPath, String sandboxId) {
        CgroupPath path = CgroupPath.of(cgroupsPath, sandboxId);
        if (!path.slice()) {
            return Optional.empty();
        }
        String[] parts = cgroupsPath.split(":", -1);
        String unit = (parts[1].isEmpty() ? path.name() : parts[1] + "-" + path.name()) + ".scope";
        String slice = parts[0].isEmpty() ? "system.slice" : parts[0];
        return unit.length() <= NAME_LIMIT && unit.matches("[A-Za-z0-9:_.@-]+")
                ? Optional.of(new SystemdScope(slice, unit, path.parent()))
                : Optional.empty();
    }

    /** Where its directories are. */
    public CgroupPath path() {
        return new CgroupPath(parent, unit, true);
    }

    /**
     * Has systemd make it, with a process in it; returns when that is done.
     *
     * @throws IOException with systemd's words if it does not, or says nothing in time
     */
    public void start(Endpoint systemd, long pid, Duration limit) throws IOException {
        try (DBusConnection connection = DBusConnection.open(systemd.path(), limit)) {
            if (systemd.bus()) {
                listen(connection);
            }
            String job = request(connection, pid);
            DBusMessage ended =
                    connection.signal(
                            signal ->
                                    signal.field(Field.MEMBER).equals("JobRemoved")
                                            && isOf(signal, job));
            DBusReader result = ended.reader();
            long _ = result.uint32();
            String _ = result.string();
            String _ = result.string();
            String how = result.string();
            if (!how.equals("done")) {
                throw new IOException("systemd has not started " + unit + ": " + how);
            }
        }
    }

    private static boolean isOf(DBusMessage removed, String job) {
        try {
            DBusReader reader = removed.reader();
            long _ = reader.uint32();
            return reader.string().equals(job);
        } catch (IOException e) {
            return false;
        }
    }

    /** A bus passes signals on to those who ask for them, and so does systemd behind it. */
    private static void listen(DBusConnection connection) throws IOException {
        BUS.call(connection, "Hello", "", new DBusWriter());
        BUS.call(
                connection,
                "AddMatch",
                "s",
                new DBusWriter()
                        .string(
                                "type='signal',interface='"
                                        + MANAGER.name()
                                        + "',member='JobRemoved'"));
        MANAGER.call(connection, "Subscribe", "", new DBusWriter());
    }

    private String request(DBusConnection connection, long pid) throws IOException {
        DBusWriter body =
                new DBusWriter()
                        .string(unit)
                        .string("fail")
                        .array(STRUCT, properties -> writeProperties(properties, pid))
                        .array(STRUCT, auxiliary -> {});
        return MANAGER.call(connection, "StartTransientUnit", "ssa(sv)a(sa(sv))", body)
                .reader()
                .string();
    }

    /** An interface of an object that somebody on the bus has. */
    private record Interface(String destination, String path, String name) {

        DBusMessage call(
                DBusConnection connection, String member, String signature, DBusWriter body)
                throws IOException {
            Map<Field, String> fields = new EnumMap<>(Field.class);
            fields.put(Field.DESTINATION, destination);
            fields.put(Field.PATH, path);
            fields.put(Field.INTERFACE, name);
            fields.put(Field.MEMBER, member);
            if (!signature.isEmpty()) {
                fields.put(Field.SIGNATURE, signature);
            }
            return connection.call(fields, body);
        }
    }

    private void writeProperties(DBusWriter properties, long pid) {
        text(properties, "Description", "sandbox of Saya, " + unit);
        text(properties, "Slice", slice);
        text(properties, "CollectMode", "inactive-or-failed");
        flag(properties, "Delegate", true);
        // It would have to end before what it serves when the host shuts down, and wait for it.
        flag(properties, "DefaultDependencies", false);
        properties
                .struct()
                .string("PIDs")
                .signature("au")
                .array(Integer.BYTES, pids -> pids.uint32(pid));
    }

    private static void text(DBusWriter properties, String name, String value) {
        properties.struct().string(name).signature("s").string(value);
    }

    private static void flag(DBusWriter properties, String name, boolean value) {
        properties.struct().string(name).signature("b").bool(value);
    }
}
