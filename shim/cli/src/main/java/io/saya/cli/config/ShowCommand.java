package io.saya.cli.config;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.text.Tree;
import io.saya.config.ConfigException;
import io.saya.config.Problem;
import io.saya.config.load.LoadedConfig;
import io.saya.config.load.Origin;
import io.saya.config.load.Setting;
import io.saya.config.option.Section;
import io.saya.config.option.Status;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya config show}. */
@Command(
        name = "show",
        description = {
            "Show every setting in effect and where it comes from.",
            "The output is TOML: a configuration file that says the same as what is in effect."
        })
final class ShowCommand implements Callable<Integer> {
    private static final String NO_PATH = "\"\"";

    private final Invocation invocation;

    @Option(names = "--set", description = "Only what a file sets, not the built-in defaults.")
    private boolean onlySet;

    @Option(
            names = "--all",
            description = "Also options of Kata's that are understood but have no effect here.")
    private boolean all;

    @Option(names = "--json", description = "As JSON, with origins and help.")
    private boolean json;

    ShowCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws ConfigException {
        LoadedConfig loaded = invocation.loadConfiguration();
        List<Setting<?>> settings = new ArrayList<>();
        for (Setting<?> setting : loaded.effective().settings()) {
            if (isShown(setting)) {
                settings.add(setting);
            }
        }
        if (json) {
            invocation.out().println(Tree.json(json(loaded, settings)));
        } else {
            printToml(loaded, settings);
        }
        for (Problem warning : loaded.warnings()) {
            invocation.err().println(warning);
        }
        return ExitCode.OK;
    }

    private boolean isShown(Setting<?> setting) {
        boolean set = !(setting.origin() instanceof Origin.BuiltIn);
        return set || (!onlySet && (all || setting.option().status() == Status.WORKS));
    }

    private void printToml(LoadedConfig loaded, List<Setting<?>> settings) {
        invocation.out().println("# " + loaded.sources());
        for (Section section : Section.values()) {
            boolean first = true;
            for (Setting<?> setting : settings) {
                if (setting.option().section() == section) {
                    if (first) {
                        invocation.out().println("\n" + section);
                        first = false;
                    }
                    invocation.out().println(line(setting));
                }
            }
        }
    }

    private static String line(Setting<?> setting) {
        String line = setting.option().key() + " = " + setting.shown() + "  # " + setting.origin();
        // A path that is not set has no value that a file could say.
        return setting.shown().equals(NO_PATH) && setting.origin() instanceof Origin.BuiltIn
                ? "# " + setting.option().key() + " is not set"
                : line;
    }

    private static JsonObject json(LoadedConfig loaded, List<Setting<?>> settings) {
        List<JsonValue> all = new ArrayList<>();
        for (Setting<?> setting : settings) {
            all.add(
                    JsonObject.builder()
                            .put("section", setting.option().section().dotted())
                            .put("key", setting.option().key())
                            .put("value", setting.shown())
                            .put("origin", setting.origin().toString())
                            .put("status", setting.option().status().text())
                            .put("help", setting.option().help())
                            .build());
        }
        List<String> dropIns = new ArrayList<>();
        loaded.sources().dropIns().forEach(file -> dropIns.add(file.toString()));
        List<String> warnings = new ArrayList<>();
        loaded.warnings().forEach(warning -> warnings.add(warning.toString()));
        return JsonObject.builder()
                .put("file", loaded.sources().file().map(Object::toString).orElse(""))
                .put("chosen_by", loaded.sources().chosenBy())
                .put("drop_ins", JsonArray.ofStrings(dropIns))
                .put("settings", new JsonArray(all))
                .put("warnings", JsonArray.ofStrings(warnings))
                .build();
    }
}
