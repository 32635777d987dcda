package io.saya.cli.factory;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.config.FactoryConfig;
import io.saya.template.TemplateStore;
import io.saya.template.TemplateStore.Template;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code saya factory destroy}. */
@Command(
        name = "destroy",
        description =
                "Remove all templates. VMs that started from one are not touched; the next start"
                        + " makes a template again, if they are enabled.")
final class DestroyCommand implements Callable<Integer> {
    private final Invocation invocation;

    DestroyCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        FactoryConfig config = ConfiguredStore.config(invocation);
        TemplateStore store = ConfiguredStore.of(config);
        try {
            for (Template template : store.all()) {
                store.discard(template.path());
            }
        } catch (IOException e) {
            throw ConfiguredStore.failure(config, e);
        }
        invocation.out().println("vm factory destroyed");
        return ExitCode.OK;
    }
}
