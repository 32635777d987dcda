package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -smp}: every virtual CPU is a socket of its own, which is what hot-plug needs.
 *
 * @param cpus virtual CPUs at start
 * @param maxCpus virtual CPUs that can be reached by hot-plug
 */
public record Smp(int cpus, int maxCpus) implements Argument {
    @Override
    public List<String> words() {
        return List.of(
                "-smp",
                Options.of(Integer.toString(cpus))
                        .with("cores", 1)
                        .with("threads", 1)
                        .with("sockets", maxCpus)
                        .with("maxcpus", maxCpus)
                        .toString());
    }
}
