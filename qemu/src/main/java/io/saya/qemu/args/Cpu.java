package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -cpu}.
 *
 * @param model such as {@code max} or {@code host,-arch-capabilities}, in QEMU's syntax
 * @param features what follows the model, separated by commas, such as {@code pmu=off}; may be
 *     empty. Taken as it is: the configuration's {@code cpu_features} is written in QEMU's syntax.
 */
public record Cpu(String model, String features) implements Argument {
    @Override
    public List<String> words() {
        return List.of("-cpu", features.isEmpty() ? model : model + "," + features);
    }
}
