package io.saya.qemu.args;

import java.util.List;

/** {@code -accel}. */
public sealed interface Accel extends Argument {

    /** The kernel's virtual machines. */
    record Kvm() implements Accel {
        @Override
        public List<String> words() {
            return List.of("-accel", "kvm");
        }
    }

    /**
     * Translation to host code, one thread per virtual CPU.
     *
     * @param cacheMib bound of the cache of translated code in MiB
     */
    record Tcg(int cacheMib) implements Accel {
        @Override
        public List<String> words() {
            return List.of(
                    "-accel",
                    Options.of("tcg").with("thread", "multi").with("tb-size", cacheMib).toString());
        }
    }
}
