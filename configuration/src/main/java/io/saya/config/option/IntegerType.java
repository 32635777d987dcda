package io.saya.config.option;

/** A whole number in a range, with a unit. */
final class IntegerType extends ValueType<Long> {

    /** What a number must be beyond its range. */
    enum Shape {
        ANY,
        POWER_OF_TWO,
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
        if (value == 0 && shape == Shape.POWER_OF_TWO_OR_ZERO) {
            return value;
        }
        if (value < min || value > max || (shape != Shape.ANY && Long.bitCount(value) > 1)) {
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
                switch (shape) {
                    case ANY -> unit.isEmpty() ? "a whole number" : "a whole number of " + unit;
                    case POWER_OF_TWO -> "a power of two";
                    case POWER_OF_TWO_OR_ZERO -> "0 or a power of two";
                };
        return isOpen() ? number + ", " + min + " or more" : number + " from " + min + " to " + max;
    }

    @Override
    public String range() {
        String bounds = isOpen() ? "≥ " + min : min + "–" + max;
        String counted = unit.isEmpty() ? bounds : bounds + " " + unit;
        return switch (shape) {
            case ANY -> counted;
            case POWER_OF_TWO -> counted + ", power of two";
            case POWER_OF_TWO_OR_ZERO -> "0, or " + counted + ", power of two";
        };
    }

    private boolean isOpen() {
        return max >= Integer.MAX_VALUE;
    }
}
