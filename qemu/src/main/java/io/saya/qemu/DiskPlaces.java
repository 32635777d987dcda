package io.saya.qemu;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Which disk is in which of the VM's places for disks, and for how many containers. Asks nobody:
 * who gets a {@link Turn.Change} asks QEMU, without any lock, and says how it ended; others who
 * want the same disk wait for that and ask again, others who want another disk do not wait. Thread
 * safe.
 */
final class DiskPlaces {

    /** What a caller that wants a disk plugged or unplugged may do. */
    sealed interface Turn {
        /** Change the disk in this place, and say afterwards how that ended. */
        record Change(int port) implements Turn {}

        /** Nothing: others have the disk in this place as well. */
        record Shared(int port) implements Turn {}

        /** Wait: another caller changes the disk until this is complete. */
        record Busy(CompletableFuture<Void> end) implements Turn {}

        /** Nothing: no place is left, or the disk is in none. */
        record None() implements Turn {}
    }

    /**
     * A place that is taken.
     *
     * @param users for how many the disk is plugged; 0: it is not known whether it is, since QEMU
     *     did not say or the guest did not let go of it
     * @param change complete when the caller that changes the disk has ended; null: nobody does
     */
    private record Place(int port, int users, @Nullable CompletableFuture<Void> change) {
        Place settled(int newUsers) {
            return new Place(port, newUsers, null);
        }
    }

    private final int slots;

    @GuardedBy("this")
    private final Map<String, Place> places = new HashMap<>();

    /**
     * @param slots how many disks there may be at once
     */
    DiskPlaces(int slots) {
        this.slots = slots;
    }

    /** One more wants a disk. {@link Turn.None}: no place is left. */
    synchronized Turn plug(String id) {
        Place place = places.get(id);
        if (place == null) {
            int port = freePort();
            return port < 0 ? new Turn.None() : change(id, port, 0);
        }
        if (place.change() != null) {
            return new Turn.Busy(place.change());
        }
        if (place.users() == 0) {
            return change(id, place.port(), 0);
        }
        places.put(id, place.settled(place.users() + 1));
        return new Turn.Shared(place.port());
    }

    /** One fewer wants a disk. {@link Turn.None}: it is not there. */
    synchronized Turn unplug(String id) {
        Place place = places.get(id);
        if (place == null) {
            return new Turn.None();
        }
        if (place.change() != null) {
            return new Turn.Busy(place.change());
        }
        if (place.users() <= 1) {
            return change(id, place.port(), place.users());
        }
        places.put(id, place.settled(place.users() - 1));
        return new Turn.Shared(place.port());
    }

    /** A change ended with the disk plugged, for one. */
    void plugged(String id) {
        settle(id, 1);
    }

    /** A change ended, and nobody knows whether the disk is plugged: it keeps its place. */
    void unsure(String id) {
        settle(id, 0);
    }

    /** A change ended with the disk gone: its place is free. */
    void gone(String id) {
        settle(id, -1);
    }

    /** Describes the places for another daemon. */
    synchronized JsonArray held() {
        List<JsonValue> held = new ArrayList<>();
        places.forEach(
                (id, place) ->
                        held.add(
                                JsonObject.builder()
                                        .put("id", id)
                                        .put("port", place.port())
                                        .put("users", place.users())
                                        .build()));
        return new JsonArray(held);
    }

    /** Goes on with those that another daemon knows of. */
    synchronized void goOn(JsonArray held) {
        for (JsonObject one : held.objects()) {
            places.put(
                    one.string("id").orElse(""),
                    new Place(
                            (int) one.integer("port").orElse(0),
                            (int) one.integer("users").orElse(1),
                            null));
        }
    }

    @GuardedBy("this")
    private Turn change(String id, int port, int users) {
        places.put(id, new Place(port, users, new CompletableFuture<>()));
        return new Turn.Change(port);
    }

    private void settle(String id, int users) {
        CompletableFuture<Void> change;
        synchronized (this) {
            Place place = places.remove(id);
            if (place == null) {
                return;
            }
            change = place.change();
            if (users >= 0) {
                places.put(id, place.settled(users));
            }
        }
        if (change != null) {
            change.complete(null); // without the lock: whoever waits goes on in this thread
        }
    }

    /** Below 0: all are taken. */
    @GuardedBy("this")
    private int freePort() {
        for (int port = 0; port < slots; port++) {
            int free = port;
            if (places.values().stream().noneMatch(place -> place.port() == free)) {
                return port;
            }
        }
        return -1;
    }
}
