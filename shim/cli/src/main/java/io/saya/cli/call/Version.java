package io.saya.cli.call;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version of the product, from the manifest of its jar. */
public final class Version implements IVersionProvider {

    /** Version of the OCI runtime specification that is understood. */
    public static final String OCI = "1.2.0";

    /**
     * Returns the product's version, such as {@code 0.1.0-SNAPSHOT}; {@code unknown} where the
     * classes come from no jar.
     */
    public static String product() {
        return Objects.requireNonNullElse(
                Version.class.getPackage().getImplementationVersion(), "unknown");
    }

    @Override
    public String[] getVersion() {
        return new String[] {"saya " + product()};
    }
}
