package io.saya.resources;

/**
 * The size of a machine.
 *
 * @param vcpus virtual CPUs, at least 1
 * @param memoryMib memory in MiB
 */
public record MachineSize(int vcpus, int memoryMib) {

    public MachineSize {
        if (vcpus < 1 || memoryMib < 1) {
            throw new IllegalArgumentException(
                    "size of a machine: " + vcpus + " CPUs, " + memoryMib + " MiB");
        }
    }
}
