package io.saya.shim.log;

/**
 * A moment as {@code 2006-01-02T15:04:05.678Z}, as {@code Instant.toString()} writes it. That one
 * brings the formatters, calendars and locales of the JDK along: seventy classes of each daemon.
 */
final class UtcTime {
    private static final int MILLIS_PER_SECOND = 1000;
    private static final int SECONDS_PER_DAY = 86_400;

    /** Years are counted from March here, and these days before 1970 begins the first of 400. */
    private static final int DAYS_BEFORE_1970 = 719_468;

    private static final int DAYS_OF_400_YEARS = 146_097;
    private static final int DAYS_OF_100_YEARS = 36_524;
    private static final int DAYS_OF_4_YEARS = 1_461;
    private static final int DAYS_OF_A_YEAR = 365;

    /** The months from March on come in fives of this many days: 31, 30, 31, 30, 31. */
    private static final int DAYS_OF_5_MONTHS = 153;

    private UtcTime() {}

    /** Writes a moment from 1970 to 9999. */
    static void append(StringBuilder out, long epochMillis) {
        long seconds = epochMillis / MILLIS_PER_SECOND;
        appendDate(out, (int) (seconds / SECONDS_PER_DAY));
        int second = (int) (seconds % SECONDS_PER_DAY);
        two(out.append('T'), second / 3600);
        two(out.append(':'), second / 60 % 60);
        two(out.append(':'), second % 60);
        int millis = (int) (epochMillis % MILLIS_PER_SECOND);
        if (millis > 0) {
            two(out.append('.').append(millis / 100), millis % 100);
        }
        out.append('Z');
    }

    private static void appendDate(StringBuilder out, int sinceEpoch) {
        int days = sinceEpoch + DAYS_BEFORE_1970;
        int day = days % DAYS_OF_400_YEARS;
        // Less the leap days, it is a matter of 365.
        int year =
                (day
                                - day / (DAYS_OF_4_YEARS - 1)
                                + day / DAYS_OF_100_YEARS
                                - day / (DAYS_OF_400_YEARS - 1))
                        / DAYS_OF_A_YEAR;
        int ofYear = day - (DAYS_OF_A_YEAR * year + year / 4 - year / 100);
        int month = (5 * ofYear + 2) / DAYS_OF_5_MONTHS;
        boolean nextYear = month >= 10;
        int full = year + days / DAYS_OF_400_YEARS * 400 + (nextYear ? 1 : 0);
        two(out, full / 100);
        two(out, full % 100);
        two(out.append('-'), nextYear ? month - 9 : month + 3);
        two(out.append('-'), ofYear - (DAYS_OF_5_MONTHS * month + 2) / 5 + 1);
    }

    private static void two(StringBuilder out, int number) {
        out.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
    }
}
