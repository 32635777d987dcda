package io.saya.config.option;

import java.time.Duration;

/** A length of time, written as a whole number of seconds or milliseconds. */
final class DurationType extends ValueType<Duration> {

    /** What the number counts. */
    enum Unit {
        SECONDS(1000, "seconds"),
        MILLISECONDS(1, "milliseconds");

        final long millis;
        final String plural;

        Unit(long millis, String plural) {
            this.millis = millis;
            this.plural = plural;
        }
    }

    /** A day: longer waits are slips. */
    private static final long MAX_SECONDS = 86_400;

    private final Unit unit;
    private final long min;
    private final Duration floor;

    DurationType(Unit unit, long min) {
        this(unit, min, Duration.ZERO);
    }

    /**
     * @param floor what shorter lengths stand for
     */
    DurationType(Unit unit, long min, Duration floor) {
        this.unit = unit;
        this.min = min;
        this.floor = floor;
    }

    private long max() {
        return MAX_SECONDS * 1000 / unit.millis;
    }

    @Override
    public Duration fromToml(Object raw) throws BadValue {
        if (raw instanceof Long value) {
            return check(value);
        }
        throw raw instanceof String text && IntegerType.isNumber(text)
                ? new BadValue("write it without quotes")
                : BadValue.asExpected();
    }

    @Override
    public Duration fromText(String text) throws BadValue {
        try {
            return check(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw BadValue.asExpected();
        }
    }

    private Duration check(long value) throws BadValue {
        if (value < min || value > max()) {
            throw BadValue.asExpected();
        }
        Duration length = Duration.ofMillis(value * unit.millis);
        return length.compareTo(floor) < 0 ? floor : length;
    }

    @Override
    public String toToml(Duration value) {
        return Long.toString(value.toMillis() / unit.millis);
    }

    @Override
    public String name() {
        return unit == Unit.SECONDS ? "uint" : "uint (ms)";
    }

    @Override
    public String expected() {
        return "a whole number of " + unit.plural + " from " + min + " to " + max();
    }

    @Override
    public String range() {
        return min + "–" + max() + (unit == Unit.SECONDS ? " s" : " ms");
    }
}
