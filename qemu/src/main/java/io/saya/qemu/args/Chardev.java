package io.saya.qemu.args;

import java.util.List;

/** {@code -chardev}: the host's end of something that carries bytes. */
public sealed interface Chardev extends Argument {

    /**
     * A Unix socket that is listening already and that QEMU inherits. QEMU serves one client at a
     * time and does not wait for the first.
     *
     * @param descriptor the name of the inherited descriptor, see {@code SpawnSpec.argv}
     */
    record InheritedSocket(String id, String descriptor) implements Chardev {
        @Override
        public List<String> words() {
            return server(id, descriptor, false);
        }
    }

    /**
     * As {@link InheritedSocket}, but QEMU does nothing further before the first client has come:
     * what the guest writes to one that nobody has connected to is lost.
     *
     * @param descriptor the name of the inherited descriptor
     */
    record AwaitedSocket(String id, String descriptor) implements Chardev {
        @Override
        public List<String> words() {
            return server(id, descriptor, true);
        }
    }

    /**
     * A connection to the Unix socket of a vhost-user daemon, which QEMU inherits.
     *
     * @param descriptor the name of the inherited descriptor
     */
    record InheritedConnection(String id, String descriptor) implements Chardev {
        @Override
        public List<String> words() {
            return List.of(
                    "-chardev",
                    Options.of("socket")
                            .with("id", id)
                            .withDescriptor("fd", descriptor)
                            .toString());
        }
    }

    private static List<String> server(String id, String descriptor, boolean wait) {
        return List.of(
                "-chardev",
                Options.of("socket")
                        .with("id", id)
                        .withDescriptor("fd", descriptor)
                        .with("server", true)
                        .with("wait", wait)
                        .toString());
    }
}
