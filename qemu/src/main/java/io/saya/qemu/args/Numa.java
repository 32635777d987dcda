package io.saya.qemu.args;

import java.util.List;

/** {@code -numa}. */
public sealed interface Numa extends Argument {

    /**
     * A node of the guest.
     *
     * @param memory id of the object that is its memory
     */
    record Node(int number, String memory) implements Numa {
        @Override
        public List<String> words() {
            return List.of(
                    "-numa",
                    Options.of("node").with("nodeid", number).with("memdev", memory).toString());
        }
    }

    /** A place for a virtual CPU, which is a socket of its own, in a node. */
    record Cpu(int node, int socket) implements Numa {
        @Override
        public List<String> words() {
            return List.of(
                    "-numa",
                    Options.of("cpu").with("node-id", node).with("socket-id", socket).toString());
        }
    }
}
