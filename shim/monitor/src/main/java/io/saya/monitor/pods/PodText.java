package io.saya.monitor.pods;

/** Names that become values of labels. */
final class PodText {
    /** Kubernetes' names have at most 253 characters. */
    private static final int MAX = 253;

    private PodText() {}

    static String bounded(String text) {
        return text.length() > MAX ? text.substring(0, MAX) : text;
    }
}
