package io.saya.shim.daemon;

import java.nio.file.Path;

/**
 * The words of a call: {@code COMMAND -namespace NS -address PATH -publish-binary PATH -id ID
 * -bundle PATH [-debug]}, in any order, in all forms that containerd's flags have ({@code -x v},
 * {@code -x=v}, {@code --x}). Unknown flags are ignored: their number grows with containerd's
 * versions.
 *
 * @param namespace containerd's namespace
 * @param address containerd's gRPC socket
 * @param publishBinary containerd's program, which can publish events
 * @param id id of the sandbox container
 * @param bundle its bundle
 */
public record ShimArguments(
        String command,
        String namespace,
        String address,
        String publishBinary,
        String id,
        Path bundle,
        boolean debug) {

    /**
     * Reads the words of a call.
     *
     * @throws IllegalArgumentException that names what is missing
     */
    public static ShimArguments parse(String[] words) {
        String command = "";
        String namespace = "";
        String address = "";
        String publishBinary = "";
        String id = "";
        String bundle = "";
        boolean debug = false;
        for (int i = 0; i < words.length; i++) {
            String word = words[i];
            if (!word.startsWith("-")) {
                command = command.isEmpty() ? word : command;
                continue;
            }
            String flag = word.substring(word.startsWith("--") ? 2 : 1);
            int equals = flag.indexOf('=');
            String name = equals < 0 ? flag : flag.substring(0, equals);
            if (name.equals("debug")) {
                debug = equals < 0 || Boolean.parseBoolean(flag.substring(equals + 1));
                continue;
            }
            String value = equals < 0 ? "" : flag.substring(equals + 1);
            if (equals < 0 && i + 1 < words.length) {
                value = words[++i];
            }
            switch (name) {
                case "namespace" -> namespace = value;
                case "address" -> address = value;
                case "publish-binary" -> publishBinary = value;
                case "id" -> id = value;
                case "bundle" -> bundle = value;
                default -> {
                    // A flag of a later containerd.
                }
            }
        }
        require("-namespace", namespace);
        require("-id", id);
        require("-bundle", bundle);
        return new ShimArguments(
                command, namespace, address, publishBinary, id, Path.of(bundle), debug);
    }

    private static void require(String flag, String value) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException(flag + " is missing (expected: a value)");
        }
    }
}
