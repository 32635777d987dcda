package io.saya.cli.factory;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.text.Table;
import io.saya.config.FactoryConfig;
import io.saya.template.TemplateStore.Template;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code saya factory status}. */
@Command(
        name = "status",
        description = {
            "Tell whether VMs start from templates, and which there are.",
            "Exit code 0: they do, and there is one; 1: they do not, or there is none yet."
        })
final class StatusCommand implements Callable<Integer> {
    private final Invocation invocation;

    StatusCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        FactoryConfig config = ConfiguredStore.config(invocation);
        List<Template> all;
        try {
            all = ConfiguredStore.of(config).all();
        } catch (IOException e) {
            throw ConfiguredStore.failure(config, e);
        }
        invocation
                .out()
                .println(
                        config.enableTemplate()
                                ? all.isEmpty()
                                        ? "vm factory is off: no template yet"
                                        : "vm factory is on"
                                : "vm factory not enabled: enable_template = false in [factory]");
        if (!all.isEmpty()) {
            Table table = new Table("TEMPLATE", "MIB", "LAST USED");
            for (Template template : all) {
                table.row(
                        template.path().toString(),
                        String.valueOf(template.bytes() >> 20),
                        template.lastUsed().truncatedTo(ChronoUnit.SECONDS).toString());
            }
            table.print(invocation.out());
        }
        return config.enableTemplate() && !all.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }
}
