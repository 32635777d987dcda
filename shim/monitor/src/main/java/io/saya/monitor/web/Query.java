package io.saya.monitor.web;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The query of a request. */
final class Query {
    private Query() {}

    /** All values of a parameter; several in one are separated by commas. */
    static List<String> values(URI uri, String name) {
        List<String> values = new ArrayList<>();
        String query = uri.getRawQuery();
        for (String pair : (query == null ? "" : query).split("&", -1)) {
            int equals = pair.indexOf('=');
            String key = equals < 0 ? pair : pair.substring(0, equals);
            if (key.equals(name)) {
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                for (String one : decoded(value).split(",", -1)) {
                    values.add(one.strip());
                }
            }
        }
        return values;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text;
        }
    }
}
