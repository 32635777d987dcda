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

    private static final String MANAGER = "org.freedesktop.systemd1";
    private static final String MANAGER_PATH = "/org/freedesktop/systemd1";
    private static final String MANAGER_INTERFACE = "org.freedesktop.systemd1.Manager";
    private static final String BUS = "org.freedesktop.DBus";
    private static final String BUS_PATH = "/org/freedesktop/DBus";

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
        bus(connection, "Hello", "", new DBusWriter());
        bus(
                connection,
                "AddMatch",
                "s",
                new DBusWriter()
                        .string(
                                "type='signal',interface='"
                                        + MANAGER_INTERFACE
                                        + "',member='JobRemoved'"));
        connection.call(
                Map.of(
                        Field.DESTINATION,
                        MANAGER,
                        Field.PATH,
                        MANAGER_PATH,
                        Field.INTERFACE,
                        MANAGER_INTERFACE,
                        Field.MEMBER,
                        "Subscribe"),
                new DBusWriter());
    }

    private static void bus(
            DBusConnection connection, String member, String signature, DBusWriter body)
            throws IOException {
        connection.call(
                signature.isEmpty()
                        ? Map.of(
                                Field.DESTINATION,
                                BUS,
                                Field.PATH,
                                BUS_PATH,
                                Field.INTERFACE,
                                BUS,
                                Field.MEMBER,
                                member)
                        : Map.of(
                                Field.DESTINATION,
                                BUS,
                                Field.PATH,
                                BUS_PATH,
                                Field.INTERFACE,
                                BUS,
                                Field.MEMBER,
                                member,
                                Field.SIGNATURE,
                                signature),
                body);
    }

    private String request(DBusConnection connection, long pid) throws IOException {
        DBusWriter body =
                new DBusWriter()
                        .string(unit)
                        .string("fail")
                        .array(STRUCT, properties -> writeProperties(properties, pid))
                        .array(STRUCT, auxiliary -> {});
        Map<Field, String> call =
                Map.of(
                        Field.DESTINATION,
                        MANAGER,
                        Field.PATH,
                        MANAGER_PATH,
                        Field.INTERFACE,
                        MANAGER_INTERFACE,
                        Field.MEMBER,
                        "StartTransientUnit",
                        Field.SIGNATURE,
                        "ssa(sv)a(sa(sv))");
        return connection.call(call, body).reader().string();
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
