package io.saya.config.load;

import io.saya.config.option.Option;
import io.saya.config.option.Status;

/** Tells about options that ask for something the runtime does not do. */
final class StatusCheck {

    private StatusCheck() {}

    static void check(EffectiveConfig config, Problems problems) {
        for (Setting<?> setting : config.settings()) {
            check(setting, problems);
        }
    }

    static void check(Setting<?> setting, Problems problems) {
        Option<?> option = setting.option();
        if (option.status() == Status.WORKS
                || setting.origin() instanceof Origin.BuiltIn
                || option.isNeutral(setting.value())) {
            return;
        }
        if (option.status() == Status.REFUSED) {
            problems.error(
                    setting.origin().asSource(),
                    setting + ": refused, because " + option.reason() + remedy(option));
        } else {
            problems.warning(
                    setting.origin().asSource(), setting + " has no effect: " + option.reason());
        }
    }

    private static String remedy(Option<?> option) {
        return option.hasComputedDefault()
                ? "; remove the line"
                : "; remove the line or write " + option.key() + " = " + option.defaultText();
    }
}
