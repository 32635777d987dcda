package io.saya.cli.check;

import io.saya.cli.host.HostFiles;
import io.saya.config.RuntimeConfig;
import java.nio.file.Path;

/**
 * The host and the installation that the checks look at.
 *
 * @param config the configuration in use; the built-in one where that has errors
 * @param installation the directory that holds {@code bin}, {@code lib} and {@code share}
 * @param runBase directory of all run directories
 * @param root whether the caller is root
 */
record CheckedHost(
        HostFiles files, RuntimeConfig config, Path installation, Path runBase, boolean root) {}
