package io.saya.cli.config;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.text.Tree;
import io.saya.config.load.SearchOrder;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya config paths}. */
@Command(
        name = "paths",
        description = {
            "Show where the configuration is looked for, first to last, and which file is in use.",
            "containerd's runtime option ConfigPath comes before all of these."
        })
final class PathsCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    PathsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        List<JsonValue> all = new ArrayList<>();
        boolean found = false;
        for (SearchOrder.Candidate candidate :
                invocation
                        .configLoader()
                        .searchOrder()
                        .candidates(Optional.empty(), invocation.environment())) {
            boolean exists = Files.exists(candidate.file());
            boolean used = !found && (exists || candidate.mustExist());
            found |= used;
            if (json) {
                all.add(
                        JsonObject.builder()
                                .put("file", candidate.file().toString())
                                .put("reason", candidate.reason())
                                .put("exists", exists)
                                .put("used", used)
                                .build());
            } else {
                invocation
                        .out()
                        .println(
                                (used ? "* " : "  ")
                                        + candidate.file()
                                        + note(candidate, exists, used));
            }
        }
        if (json) {
            invocation.out().println(Tree.json(new JsonArray(all)));
        } else if (!found) {
            invocation.out().println("No file: the built-in defaults are in use.");
        }
        return ExitCode.OK;
    }

    private static String note(SearchOrder.Candidate candidate, boolean exists, boolean used) {
        StringBuilder note = new StringBuilder();
        if (candidate.mustExist()) {
            note.append(", ").append(candidate.reason());
        }
        if (!exists) {
            note.append(used ? ", DOES NOT EXIST" : ", does not exist");
        }
        return note.isEmpty() ? "" : "  (" + note.substring(2) + ")";
    }
}
