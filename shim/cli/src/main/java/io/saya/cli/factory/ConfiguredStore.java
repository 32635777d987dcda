package io.saya.cli.factory;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.config.ConfigException;
import io.saya.config.FactoryConfig;
import io.saya.template.TemplateStore;
import java.nio.file.Files;

/** The templates of this host, where the configuration says that they are. */
final class ConfiguredStore {

    private ConfiguredStore() {}

    /**
     * What the configuration says of templates.
     *
     * @throws CommandFailure if it cannot be used
     */
    static FactoryConfig config(Invocation invocation) {
        try {
            return invocation.loadConfiguration().config().factory();
        } catch (ConfigException e) {
            throw new CommandFailure(ExitCode.FAILED, String.valueOf(e.getMessage()));
        }
    }

    /**
     * The templates.
     *
     * @throws CommandFailure if the caller may not look
     */
    static TemplateStore of(FactoryConfig config) {
        if (Files.isDirectory(config.templatePath()) && !Files.isReadable(config.templatePath())) {
            throw new CommandFailure(
                    ExitCode.FAILED, config.templatePath() + ": permission denied; try it as root");
        }
        return new TemplateStore(config.templatePath());
    }
}
