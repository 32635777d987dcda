package io.saya.config.annotation;

import io.saya.config.ConfigException;
import io.saya.config.load.LoadedConfig;
import io.saya.config.load.TestHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Annotations of pods, where the administrator allows all of them. */
public final class AnnotationsFuzz {
    private static final LoadedConfig BASE = base();

    private AnnotationsFuzz() {}

    private static LoadedConfig base() {
        try {
            TestHost host = new TestHost(Files.createTempDirectory("saya-annotations"));
            host.write(
                    "etc/saya/configuration.toml",
                    host.hypervisor("enable_annotations = ['.*']\n"));
            return host.loader().load(Optional.empty(), Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ConfigException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lines of {@code name=value}; a name without a dot is one of the hypervisor's. */
    public static void fuzzerTestOneInput(byte[] input) {
        Map<String, String> annotations = new LinkedHashMap<>();
        new String(input, StandardCharsets.UTF_8)
                .lines()
                .forEach(
                        line -> {
                            int equals = Math.max(0, line.indexOf('='));
                            String name = line.substring(0, equals);
                            annotations.put(
                                    name.indexOf('.') < 0
                                            ? "io.katacontainers.config.hypervisor." + name
                                            : name,
                                    line.substring(Math.min(line.length(), equals + 1)));
                        });
        try {
            AnnotationOverrides.apply(BASE, annotations);
        } catch (ConfigException _) {
            // Refused, each with its reason.
        }
    }
}
