package io.saya.cli.factory;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.config.ConfigException;
import io.saya.config.FactoryConfig;
import io.saya.template.TemplateStore;
import java.io.IOException;
import java.nio.file.AccessDeniedException;

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

    /** The templates. */
    static TemplateStore of(FactoryConfig config) {
        return new TemplateStore(config.templatePath());
    }

    /** Says why they cannot be read or removed, and what to do. */
    static CommandFailure failure(FactoryConfig config, IOException cause) {
        return new CommandFailure(
                ExitCode.FAILED,
                config.templatePath()
                        + ": "
                        + (cause instanceof AccessDeniedException
                                ? "permission denied; try it as root"
                                : cause.getMessage()));
    }
}
