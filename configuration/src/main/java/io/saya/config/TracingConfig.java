package io.saya.config;

/**
 * Where traces go.
 *
 * @param enabled whether there are any ({@code enable_tracing})
 * @param endpoint an OTLP collector's URL; empty: port 4318 of this node ({@code jaeger_endpoint})
 * @param user for basic authentication; empty: none ({@code jaeger_user})
 * @param password for that ({@code jaeger_password})
 */
public record TracingConfig(boolean enabled, String endpoint, String user, String password) {

    /** Without the password. */
    @Override
    public String toString() {
        return "TracingConfig[enabled=" + enabled + ", endpoint=" + endpoint + "]";
    }
}
