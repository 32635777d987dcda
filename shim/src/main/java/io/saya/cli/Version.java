package io.saya.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version of the product, from the manifest of its jar. */
public final class Version implements IVersionProvider {

    /** Such as {@code 0.1.0-SNAPSHOT}; {@code unknown} where the classes come from no jar. */
    public static String product() {
        return Objects.requireNonNullElse(
                Version.class.getPackage().getImplementationVersion(), "unknown");
    }

    @Override
    public String[] getVersion() {
        return new String[] {"saya " + product()};
    }
}
