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
    private static final Pattern TEXT = Pattern.compile("\\{\"value\":\"((?:[^\"\\\\]|\\\\.)*)\"}");

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
        Matcher text = TEXT.matcher(answer);
        if (!text.matches()) {
            throw new AssertionError(expression + ": " + answer);
        }
        return Prometheus.unescaped(text.group(1));
    }

    /** Keeps what the page looks like. */
    void screenshot(Path file) {
        Matcher png = TEXT.matcher(Http.get(driver.uri(session + "/screenshot")));
        if (!png.matches()) {
            throw new AssertionError("no screenshot");
        }
        try {
            Files.write(file, Base64.getDecoder().decode(png.group(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        var _ = Http.post(driver.uri(session), null);
        driver.close();
    }
}
