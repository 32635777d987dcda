package io.saya.config.option;

/** A whole number in a range, with a unit. */
final class IntegerType extends ValueType<Long> {

    /** What a number must be beyond its range. */
    enum Shape {
        ANY,
        POWER_OF_TWO_OR_ZERO
    }

    private final long min;
    private final long max;
    private final String unit;
    private final Shape shape;

    IntegerType(long min, long max, String unit, Shape shape) {
        this.min = min;
        this.max = max;
        this.unit = unit;
        this.shape = shape;
    }

    @Override
    public Long fromToml(Object raw) throws BadValue {
        if (raw instanceof Long value) {
            return check(value);
        }
        throw raw instanceof String text && isNumber(text)
                ? new BadValue("write it without quotes")
                : BadValue.asExpected();
    }

    @Override
    public Long fromText(String text) throws BadValue {
        try {
            return check(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw BadValue.asExpected();
        }
    }

    private Long check(long value) throws BadValue {
        if (value < min || value > max) {
            throw BadValue.asExpected();
        }
        if (shape == Shape.POWER_OF_TWO_OR_ZERO && Long.bitCount(value) > 1) {
            throw BadValue.asExpected();
        }
        return value;
    }

    static boolean isNumber(String text) {
        try {
            Double.parseDouble(text);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    @Override
    public String toToml(Long value) {
        return value.toString();
    }

    @Override
    public String name() {
        return min < 0 ? "int" : "uint";
    }

    @Override
    public String expected() {
        String number =
                shape == Shape.POWER_OF_TWO_OR_ZERO
                        ? (min == 0 ? "0 or a power of two" : "a power of two")
                        : "a whole number";
        String what = unit.isEmpty() ? number : number + " of " + unit;
        if (min == Long.MIN_VALUE && max == Long.MAX_VALUE) {
            return what;
        }
        return isOpen() ? what + ", " + min + " or more" : what + " from " + min + " to " + max;
    }

    @Override
    public String range() {
        if (min == Long.MIN_VALUE && max == Long.MAX_VALUE) {
            return "";
        }
        String powers = shape == Shape.POWER_OF_TWO_OR_ZERO ? ", power of two" : "";
        String bounds = isOpen() ? "≥ " + min : min + "–" + max;
        return (unit.isEmpty() ? bounds : bounds + " " + unit) + powers;
    }

    private boolean isOpen() {
        return max >= Integer.MAX_VALUE;
    }
}
