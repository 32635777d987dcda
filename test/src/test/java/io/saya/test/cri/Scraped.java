package io.saya.test.cri;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One answer of a sandbox to {@code GET /metrics}.
 *
 * @param text all of it, without the head of HTTP
 * @param samples by name and labels, as they are written
 */
public record Scraped(String text, Map<String, Double> samples) {
    /** Of an id, what is in the name of its run directory. */
    private static final int SHORT = 40;

    /** Scrapes the sandbox of this id. */
    public static Scraped of(String sandbox, String accept) {
        return of(socket(sandbox), accept);
    }

    /** Scrapes the sandbox with this management socket. */
    public static Scraped of(Path socket, String accept) {
        String answer = get(socket, accept);
        int body = answer.indexOf("\r\n\r\n");
        if (!answer.startsWith("HTTP/1.1 200 ") || body < 0) {
            throw new AssertionError(answer);
        }
        String text = answer.substring(body + 4);
        Map<String, Double> samples = new LinkedHashMap<>();
        for (String line : text.split("\n", -1)) {
            if (!line.startsWith("#") && !line.isBlank()) {
                int space = line.lastIndexOf(' ');
                String value = line.substring(space + 1).replace("Inf", "Infinity");
                if (samples.put(line.substring(0, space), Double.valueOf(value)) != null) {
                    throw new AssertionError("told twice: " + line);
                }
            }
        }
        return new Scraped(text, samples);
    }

    public static Scraped of(String sandbox) {
        return of(sandbox, "");
    }

    private static Path socket(String sandbox) {
        return runDirectory(sandbox).resolve("saya.sock");
    }

    /** The run directory of the sandbox of this id. */
    public static Path runDirectory(String sandbox) {
        try (var entries =
                Files.newDirectoryStream(
                        Path.of("/run/saya"),
                        sandbox.substring(0, Math.min(SHORT, sandbox.length())) + "*")) {
            return entries.iterator().next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String get(Path socket, String accept) {
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.write(
                    ByteBuffer.wrap(
                            ("GET /metrics HTTP/1.1\r\nHost: saya\r\nAccept: "
                                            + accept
                                            + "\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII)));
            var bytes = new java.io.ByteArrayOutputStream();
            var buffer = ByteBuffer.allocate(64 << 10);
            while (channel.read(buffer) >= 0) {
                bytes.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
            return bytes.toString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The value of a sample, as {@code name{label="value"}}. */
    public double value(String sample) {
        Double value = samples.get(sample);
        if (value == null) {
            throw new AssertionError("no " + sample + " in\n" + text);
        }
        return value;
    }

    /** True if there is any sample of this name. */
    public boolean has(String name) {
        return samples.keySet().stream()
                .anyMatch(sample -> sample.equals(name) || sample.startsWith(name + "{"));
    }
}
