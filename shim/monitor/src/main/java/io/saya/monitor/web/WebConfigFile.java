package io.saya.monitor.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads the web configuration file of Prometheus' exporters (YAML; {@code --web.config.file}
 * there). A key that is not understood is an error, since who wrote it believes that it protects.
 */
final class WebConfigFile {
    private static final long MAX_SIZE = 256 * 1024;

    private final Path file;

    private WebConfigFile(Path file) {
        this.file = file;
    }

    /**
     * Returns what the file says.
     *
     * @throws IOException if it cannot be read, is no such file, or has unknown keys
     */
    static WebConfig read(Path file) throws IOException {
        if (Files.size(file) > MAX_SIZE) {
            throw new IOException(file + ": longer than " + MAX_SIZE + " bytes");
        }
        return new WebConfigFile(file.toAbsolutePath()).parse(Files.readString(file));
    }

    private WebConfig parse(String text) throws IOException {
        Object tree;
        try {
            tree =
                    new Load(LoadSettings.builder().setLabel(file.toString()).build())
                            .loadFromString(text);
        } catch (YamlEngineException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
        Map<String, Object> top = map(tree == null ? Map.of() : tree, "the file");
        known("", top, Set.of("tls_server_config", "basic_auth_users"));
        Map<String, String> users = new LinkedHashMap<>();
        for (var user :
                map(top.getOrDefault("basic_auth_users", Map.of()), "basic_auth_users")
                        .entrySet()) {
            users.put(user.getKey(), hash(user.getKey(), String.valueOf(user.getValue())));
        }
        Object tls = top.get("tls_server_config");
        return new WebConfig(
                tls == null ? Optional.empty() : Optional.of(tls(map(tls, "tls_server_config"))),
                Map.copyOf(users));
    }

    private WebConfig.Tls tls(Map<String, Object> tls) throws IOException {
        known(
                "tls_server_config.",
                tls,
                Set.of(
                        "cert_file",
                        "key_file",
                        "client_auth_type",
                        "client_ca_file",
                        "min_version"));
        Optional<Path> ca =
                tls.containsKey("client_ca_file")
                        ? Optional.of(path(tls, "client_ca_file"))
                        : Optional.empty();
        WebConfig.ClientAuth auth = clientAuth(word(tls, "client_auth_type", "NoClientCert"));
        if (auth == WebConfig.ClientAuth.REQUIRE_AND_VERIFY && ca.isEmpty()) {
            throw new IOException(
                    file + ": client_auth_type RequireAndVerifyClientCert needs client_ca_file");
        }
        return new WebConfig.Tls(
                path(tls, "cert_file"),
                path(tls, "key_file"),
                auth,
                ca,
                protocols(word(tls, "min_version", "TLS12")));
    }

    private WebConfig.ClientAuth clientAuth(String word) throws IOException {
        return switch (word) {
            case "", "NoClientCert" -> WebConfig.ClientAuth.NONE;
            case "RequireAndVerifyClientCert" -> WebConfig.ClientAuth.REQUIRE_AND_VERIFY;
            default ->
                    throw new IOException(
                            file
                                    + ": client_auth_type: "
                                    + word
                                    + " (expected: NoClientCert or RequireAndVerifyClientCert)");
        };
    }

    private List<String> protocols(String least) throws IOException {
        return switch (least) {
            case "TLS12" -> List.of("TLSv1.3", "TLSv1.2");
            case "TLS13" -> List.of("TLSv1.3");
            default ->
                    throw new IOException(
                            file + ": min_version: " + least + " (expected: TLS12 or TLS13)");
        };
    }

    private String hash(String user, String hash) throws IOException {
        if (!hash.matches("\\$2[aby]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}")) {
            throw new IOException(
                    file
                            + ": basic_auth_users: "
                            + user
                            + ": no bcrypt hash (expected: what 'htpasswd -nBC 10 \"\"' prints behind"
                            + " the colon)");
        }
        return hash;
    }

    private Path path(Map<String, Object> tls, String key) throws IOException {
        String value = word(tls, key, "");
        if (value.isEmpty()) {
            throw new IOException(file + ": tls_server_config." + key + " is missing");
        }
        return file.resolveSibling(value);
    }

    private static String word(Map<String, Object> map, String key, String absent) {
        Object value = map.get(key);
        return value == null ? absent : value.toString();
    }

    private void known(String where, Map<String, Object> map, Set<String> keys) throws IOException {
        for (String key : map.keySet()) {
            if (!keys.contains(key)) {
                throw new IOException(
                        file
                                + ": "
                                + where
                                + key
                                + " is not supported (expected: "
                                + String.join(", ", keys.stream().sorted().toList())
                                + ")");
            }
        }
    }

    private Map<String, Object> map(Object value, String what) throws IOException {
        if (!(value instanceof Map<?, ?> map)) {
            throw new IOException(file + ": " + what + ": no keys and values");
        }
        Map<String, Object> named = new LinkedHashMap<>();
        map.forEach((key, member) -> named.put(String.valueOf(key), member));
        return named;
    }
}
