package io.saya.config;

import java.nio.file.Path;

/**
 * Section {@code [factory]}.
 *
 * @param enableTemplate start VMs from the saved state of one that has booted ({@code
 *     enable_template})
 * @param templatePath directory of the saved states ({@code template_path})
 */
public record FactoryConfig(boolean enableTemplate, Path templatePath) {}
