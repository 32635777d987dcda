package io.saya.shim.event;

import io.saya.proto.containerd.events.Envelope;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Delivers events by containerd's command {@code publish}, one process an event: for a caller that
 * named no ttrpc address.
 *
 * @param binary containerd's program ({@code -publish-binary})
 * @param address containerd's gRPC socket ({@code -address})
 */
record CommandForwarder(String binary, String address) implements EventForwarder {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int ERROR_BYTES = 1024;

    @Override
    public void forward(Envelope envelope) throws ForwardFailure, InterruptedException {
        Process publish;
        try {
            publish =
                    new ProcessBuilder(
                                    binary,
                                    "--address",
                                    address,
                                    "publish",
                                    "--topic",
                                    envelope.getTopic(),
                                    "--namespace",
                                    envelope.getNamespace())
                            .redirectOutput(Redirect.DISCARD)
                            .start();
        } catch (IOException e) {
            throw ForwardFailure.away("run " + binary + " publish: " + e.getMessage(), e);
        }
        IOException unread = write(envelope, publish);
        try {
            if (!publish.waitFor(LIMIT)) {
                throw ForwardFailure.away(
                        binary + " publish: no end after " + LIMIT.toSeconds() + " s", null);
            }
            if (publish.exitValue() != 0) {
                throw ForwardFailure.away(
                        binary
                                + " publish: exit code "
                                + publish.exitValue()
                                + ": "
                                + said(publish),
                        unread);
            }
            if (unread != null) {
                throw ForwardFailure.away(
                        binary + " publish: did not read the event: " + unread.getMessage(),
                        unread);
            }
        } finally {
            publish.destroyForcibly();
        }
    }

    /**
     * Returns what went wrong: a command that fails at once does not read, and its exit code says
     * more.
     */
    private static @Nullable IOException write(Envelope envelope, Process publish) {
        try (OutputStream event = publish.getOutputStream()) {
            envelope.getEvent().writeTo(event);
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    private static String said(Process publish) {
        try {
            return new String(
                    publish.getErrorStream().readNBytes(ERROR_BYTES), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(no text: " + e.getMessage() + ")";
        }
    }

    @Override
    public void close() {}
}
