package io.saya.resources;

import io.saya.failure.RuntimeFailure;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import java.util.List;

/**
 * What limits may be. runc and the kernel of a host refuse the others; the guest's crun takes some
 * for none, and names its own files for the rest. The bounds are those of runc 1.1 and of Linux;
 * what nobody limits is absent, 0 or, where a number has a sign, negative.
 */
public final class LimitBounds {

    private static final List<String> MEMORY = List.of("limit", "swap", "reservation");

    private LimitBounds() {}

    /**
     * Refuses limits that cannot be.
     *
     * @param resources OCI's {@code linux.resources}
     * @throws RuntimeFailure INVALID_ARGUMENT that names the limit
     */
    public static void require(JsonObject resources) {
        JsonObject cpu = resources.object("cpu").orElse(JsonObject.EMPTY);
        cpu.number("shares").ifPresent(shares -> requireUnsigned("cpu.shares", shares, 2, 262_144));
        cpu.number("period")
                .ifPresent(period -> requireUnsigned("cpu.period", period, 1_000, 1_000_000));
        cpu.number("quota")
                .ifPresent(quota -> requireSigned("cpu.quota", quota, Long.MIN_VALUE, 1_000));
        JsonObject memory = resources.object("memory").orElse(JsonObject.EMPTY);
        for (String limit : MEMORY) {
            memory.number(limit).ifPresent(bytes -> requireSigned("memory." + limit, bytes, -1, 1));
        }
    }

    /** A number without sign, of which runc and the kernel know a least and a greatest. */
    private static void requireUnsigned(String name, JsonNumber limit, int least, int most) {
        long value = limit.literal().startsWith("-") ? -1 : limit.asUnsignedLong();
        if (value != 0 && (value < least || value > most)) {
            throw refused(name, limit, least + " to " + most);
        }
    }

    /**
     * A number with a sign.
     *
     * @param none the least that says that there is no limit
     */
    private static void requireSigned(String name, JsonNumber limit, long none, int least) {
        long value = limit.asLong();
        if (value < none || (value > 0 && value < least)) {
            throw refused(name, limit, "at least " + least + ", or -1 for no limit");
        }
    }

    private static RuntimeFailure refused(String name, JsonNumber limit, String expected) {
        return RuntimeFailure.invalidArgument(
                name + " " + limit.literal() + " (expected: " + expected + ")");
    }
}
