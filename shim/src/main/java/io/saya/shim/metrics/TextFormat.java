package io.saya.shim.metrics;

/** The two texts that Prometheus reads. */
enum TextFormat {
    PROMETHEUS("text/plain; version=0.0.4; charset=utf-8"),
    OPENMETRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

    private final String contentType;

    TextFormat(String contentType) {
        this.contentType = contentType;
    }

    /** Value of the header Content-Type. */
    String contentType() {
        return contentType;
    }

    /**
     * Returns what a client wants by its header Accept: OpenMetrics where it names it and does not
     * rule it out by {@code q=0}; Prometheus' own text otherwise, which every scraper reads.
     */
    static TextFormat of(String accept) {
        for (String range : accept.split(",", -1)) {
            String[] parts = range.strip().split(";", -1);
            if (parts[0].strip().equalsIgnoreCase("application/openmetrics-text")
                    && !refused(parts)) {
                return OPENMETRICS;
            }
        }
        return PROMETHEUS;
    }

    private static boolean refused(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.startsWith("q=0")
                    && parameter.replace("0", "").replace(".", "").equals("q=")) {
                return true;
            }
        }
        return false;
    }
}
