package io.saya.config.option;

/** A number that may have a fraction. */
final class DecimalType extends ValueType<Double> {

    private final double min;
    private final double max;
    private final String unit;

    DecimalType(double min, double max, String unit) {
        this.min = min;
        this.max = max;
        this.unit = unit;
    }

    @Override
    public Double fromToml(Object raw) throws BadValue {
        if (raw instanceof Double value) {
            return check(value);
        }
        if (raw instanceof Long value) {
            return check(value.doubleValue());
        }
        throw raw instanceof String text && IntegerType.isNumber(text)
                ? new BadValue("write it without quotes")
                : BadValue.asExpected();
    }

    @Override
    public Double fromText(String text) throws BadValue {
        try {
            return check(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            throw BadValue.asExpected();
        }
    }

    private Double check(double value) throws BadValue {
        if (!(value >= min && value <= max)) { // Also refuses NaN.
            throw BadValue.asExpected();
        }
        return value;
    }

    @Override
    public String toToml(Double value) {
        return value == Math.rint(value) ? Long.toString(value.longValue()) : value.toString();
    }

    @Override
    public String name() {
        return "number";
    }

    @Override
    public String expected() {
        return "a number of " + unit + " from " + toToml(min) + " to " + toToml(max);
    }

    @Override
    public String range() {
        return toToml(min) + "–" + toToml(max) + " " + unit;
    }
}
