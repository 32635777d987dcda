package io.saya.test.monitor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Debian's Chromium without a window, told what to do by WebDriver. */
final class Browser implements AutoCloseable {
    private static final Pattern SESSION = Pattern.compile("\"sessionId\":\"([0-9a-f-]+)\"");

    private static final String VALUE = "{\"value\":\"";

    private final Daemon driver;
    private final String session;

    private Browser(Daemon driver, String session) {
        this.driver = driver;
        this.session = session;
    }

    static Browser start(Path directory) {
        Daemon driver =
                Daemon.start(
                        directory,
                        Map.of("HOME", directory.toString()),
                        "/status",
                        List.of("chromedriver", "--port=%d"));
        String answer =
                Http.post(
                        driver.uri("/session"),
                        """
                        {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": [
                          "--headless=new", "--no-sandbox", "--disable-gpu",
                          "--disable-dev-shm-usage", "--window-size=1400,800"]}}}}
                        """);
        Matcher id = SESSION.matcher(answer);
        if (!id.find()) {
            driver.close();
            throw new AssertionError("no session: " + answer + driver.log());
        }
        return new Browser(driver, "/session/" + id.group(1));
    }

    void open(String uri) {
        var _ = Http.post(driver.uri(session + "/url"), "{\"url\": \"" + uri + "\"}");
    }

    /**
     * What an expression of JavaScript is on the page, as text.
     *
     * @param expression without double quotes
     */
    String evaluate(String expression) {
        String answer =
                Http.post(
                        driver.uri(session + "/execute/sync"),
                        "{\"script\": \"return String(" + expression + ")\", \"args\": []}");
        return Prometheus.unescaped(value(answer));
    }

    /** Keeps what the page looks like. */
    void screenshot(Path file) {
        String png = value(Http.get(driver.uri(session + "/screenshot")));
        try {
            Files.write(file, Base64.getDecoder().decode(png));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text in an answer, as long as a picture may be. */
    private static String value(String answer) {
        if (!answer.startsWith(VALUE) || !answer.endsWith("\"}")) {
            throw new AssertionError("no text: " + answer);
        }
        return answer.substring(VALUE.length(), answer.length() - 2);
    }

    @Override
    public void close() {
        var _ = Http.post(driver.uri(session), null);
        driver.close();
    }
}
