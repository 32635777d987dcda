package io.saya.test.task;

import io.saya.test.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One way in which a start comes to its end.
 *
 * @param moment of io.saya.failpoint.Moment, by the name of its file
 * @param steps of the moment that are done before
 * @param names what the error must say; empty where the daemon cannot say anything
 */
record NetworkCell(Model model, Strike strike, String moment, int steps, List<String> names) {

    /** {@code internetworking_model}. */
    enum Model {
        TCFILTER("network-connect", 6, ""),
        MACVTAP("network-prepare", 5, ""),
        /** {@code tcfilter} with both limits: a message more for each, after the others. */
        LIMITED(
                "network-connect",
                8,
                """
                [hypervisor.qemu]
                rx_rate_limiter_max_rate = 8000000
                tx_rate_limiter_max_rate = 16000000
                """);

        /** The moment at which it speaks to the kernel, and in how many messages. */
        private final String moment;

        private final int steps;
        private final String settings;

        Model(String moment, int steps, String settings) {
            this.moment = moment;
            this.steps = steps;
            this.settings = settings;
        }

        /** Its word in the configuration. */
        String configuration() {
            return settings
                    + "[runtime]\ninternetworking_model = \"%s\"\n"
                            .formatted(this == MACVTAP ? "macvtap" : "tcfilter");
        }

        @Override
        public String toString() {
            return switch (this) {
                case TCFILTER -> "tcfilter";
                case MACVTAP -> "macvtap";
                case LIMITED -> "tcfilter with limits";
            };
        }
    }

    /** What happens at the moment. */
    enum Strike {
        /** The step fails. */
        FAILS,
        /** kill -9 of the daemon: its guard cleans up. */
        DAEMON,
        /**
         * kill -9 of guard and daemon: {@code start}, or containerd's {@code delete}, cleans up.
         */
        GUARD,
        /** kill -9 of QEMU. */
        QEMU;

        /** Kills what is to be killed. */
        void strike(String id) {
            var program =
                    switch (this) {
                        case FAILS -> throw new IllegalStateException("nobody dies");
                        case DAEMON -> "/java";
                        case GUARD -> "saya-guard";
                        case QEMU -> "qemu-system";
                    };
            var pids = Host.processes(program, id);
            if (pids.size() != 1) {
                throw new AssertionError(program + " of " + id + ": " + pids);
            }
            Host.kill(pids.getFirst());
        }
    }

    /** What the daemon is told to do at the moment. */
    String action() {
        return (strike == Strike.FAILS ? "fail" : "pause") + (steps > 0 ? " " + steps : "");
    }

    /** Some of each kind by default, with {@code all} every one. */
    static Stream<NetworkCell> cells(boolean all) {
        return Stream.of(Model.values())
                .flatMap(model -> of(model).stream())
                .filter(cell -> all || cell.shown());
    }

    private static List<NetworkCell> of(Model model) {
        if (model == Model.LIMITED) {
            return limited();
        }
        var cells = new ArrayList<NetworkCell>();
        for (var strike : List.of(Strike.FAILS, Strike.DAEMON, Strike.GUARD)) {
            cells.add(cell(model, strike, "network-scan", 0, "phase network", "network-scan"));
            cells.add(cell(model, strike, "network-record", 0, "phase network", "network-record"));
            cells.add(cell(model, strike, "start-spawn", 0, "phase QEMU spawn", "start-spawn"));
        }
        for (var strike : Strike.values()) {
            for (var steps = 0; steps < model.steps; steps++) {
                if (strike != Strike.QEMU || model == Model.TCFILTER) {
                    var named = model == Model.TCFILTER && steps < 3 ? "veth0_saya" : "eth0";
                    cells.add(cell(model, strike, model.moment, steps, "phase network", named));
                }
            }
            cells.add(afterTheLast(model, strike));
            cells.add(cell(model, strike, "network-interface", 0, "phase network"));
            cells.add(cell(model, strike, "network-routes", 0, "phase network"));
            cells.add(cell(model, strike, "network-neighbors", 0, "phase network"));
        }
        return cells;
    }

    /** The limits are the last two messages; what is before them is the same without. */
    private static List<NetworkCell> limited() {
        var cells = new ArrayList<NetworkCell>();
        for (var strike : Strike.values()) {
            cells.add(
                    cell(Model.LIMITED, strike, Model.LIMITED.moment, 6, "limit of", "veth0_saya"));
            cells.add(cell(Model.LIMITED, strike, Model.LIMITED.moment, 7, "limit of", "eth0"));
            cells.add(afterTheLast(Model.LIMITED, strike));
        }
        return cells;
    }

    /** All is made; the error says how many messages that took, which is what is assumed here. */
    private static NetworkCell afterTheLast(Model model, Strike strike) {
        var all = "after the last of " + model.steps + " messages";
        return cell(model, strike, model.moment, model.steps, "phase network", all);
    }

    private static NetworkCell cell(
            Model model, Strike strike, String moment, int steps, String... names) {
        return new NetworkCell(
                model, strike, moment, steps, strike == Strike.FAILS ? List.of(names) : List.of());
    }

    /** True if it is one of the short selection. */
    private boolean shown() {
        var middle = moment.equals(model.moment) && steps == (model == Model.LIMITED ? 7 : 3);
        var last = moment.equals(model.moment) && steps == model.steps - 1;
        var end = moment.equals(model.moment) && steps == model.steps;
        return switch (strike) {
            case FAILS ->
                    middle
                            || end
                            || moment.equals("network-scan")
                            || moment.equals("start-spawn")
                            || (model != Model.MACVTAP
                                    ? moment.equals("network-neighbors")
                                    : moment.equals("network-interface"));
            case DAEMON -> middle;
            case GUARD -> middle || (last && model == Model.MACVTAP);
            case QEMU -> model == Model.MACVTAP ? moment.equals("network-routes") : middle;
        };
    }

    @Override
    public String toString() {
        return model
                + ", "
                + strike.name().toLowerCase(java.util.Locale.ROOT)
                + " at "
                + action(moment);
    }

    private String action(String where) {
        return steps > 0 ? where + " after " + steps : where;
    }
}
