package io.saya.monitor.text;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the monitor adds to each sample of a sandbox, under kata-monitor's names: a target in
 * Kubernetes has labels {@code pod} and {@code namespace} of its own, of the monitor's pod.
 */
public final class SandboxLabels {
    private SandboxLabels() {}

    /** The labels' text, without braces. */
    public static String of(String id, String name, String namespace, String uid) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("sandbox_id", id);
        labels.put("cri_name", name);
        labels.put("cri_namespace", namespace);
        labels.put("cri_uid", uid);
        return text(labels);
    }

    /** Any labels' text: values escaped, in their order, without braces. */
    public static String text(Map<String, String> labels) {
        StringBuilder text = new StringBuilder();
        labels.forEach(
                (name, value) ->
                        text.append(text.isEmpty() ? "" : ",")
                                .append(name)
                                .append("=\"")
                                .append(escaped(value))
                                .append('"'));
        return text.toString();
    }

    private static String escaped(String value) {
        StringBuilder escaped = new StringBuilder(value.length());
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> escaped.append("\\\\");
                case '"' -> escaped.append("\\\"");
                case '\n' -> escaped.append("\\n");
                default -> escaped.append(Character.isISOControl(c) ? '?' : c);
            }
        }
        return escaped.toString();
    }
}
