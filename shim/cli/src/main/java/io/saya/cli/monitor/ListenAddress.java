package io.saya.cli.monitor;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import java.net.InetSocketAddress;

/** {@code HOST:PORT}, as Prometheus' exporters take it. */
final class ListenAddress {
    private ListenAddress() {}

    /**
     * The address of a text: {@code 127.0.0.1:8090}, {@code [::1]:8090}, or {@code :8090} for every
     * address of the host.
     *
     * @throws CommandFailure if it is none, or the host has no address
     */
    static InetSocketAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        String port = text.substring(colon + 1);
        boolean six = host.startsWith("[") && host.endsWith("]");
        if (colon < 0 || !port.matches("[0-9]{1,5}") || (!six && host.indexOf(':') >= 0)) {
            throw wrong(text);
        }
        int number = Integer.parseInt(port);
        if (number > 65535) {
            throw wrong(text);
        }
        InetSocketAddress address =
                host.isEmpty()
                        ? new InetSocketAddress(number)
                        : new InetSocketAddress(
                                six ? host.substring(1, host.length() - 1) : host, number);
        if (address.isUnresolved()) {
            throw new CommandFailure(
                    ExitCode.FAILED, "--listen-address " + text + ": the host has no address");
        }
        return address;
    }

    private static CommandFailure wrong(String text) {
        return new CommandFailure(
                ExitCode.USAGE,
                "--listen-address " + text + " (expected: HOST:PORT, as 127.0.0.1:8090)");
    }
}
