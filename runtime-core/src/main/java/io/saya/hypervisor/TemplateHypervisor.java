package io.saya.hypervisor;

import java.nio.file.Path;

/** A hypervisor that can start a VM from what another one of its kind has saved. Thread safe. */
public interface TemplateHypervisor extends Hypervisor {

    /** Whether, and from which template, the VM of a specification can start. */
    sealed interface Fit {

        /**
         * It can.
         *
         * @param machine names all that the machine is made of, programs and files by their
         *     identity: VMs of the same text can start from the same template. At most a few KiB
         */
        record From(String machine) implements Fit {}

        /** It can not; {@code why} goes on after "because". */
        record Not(String why) implements Fit {}
    }

    /** Tells which template a VM could start from. Reads a few attributes of files. */
    Fit fit(VmSpec spec) throws HypervisorFailure;

    /**
     * Starts the VM that a template is made from: the machine of {@code spec} without what belongs
     * to a sandbox, with no network and at the lowest priority. Returns as {@link #start} does.
     *
     * @param spec of a sandbox
     * @param vmm the process for it
     */
    Vm startTemplate(VmSpec spec, VmSpec.Vmm vmm) throws HypervisorFailure;

    /**
     * Stops the guest's CPUs and writes what a VM can start from into files of {@code directory}.
     * Blocks for some hundred milliseconds.
     *
     * @param vm of {@link #startTemplate}
     * @param limitBytes the most that may be written
     * @throws HypervisorFailure if it cannot be written, or is more than that; files may be left
     */
    void save(Vm vm, Path directory, long limitBytes) throws HypervisorFailure;

    /**
     * Starts a VM from a template. Returns when its guest runs, with all devices of {@code spec}
     * plugged in. It has everything that the guest of the template had: random numbers, time.
     *
     * @param directory as {@link #save} has left it
     * @throws HypervisorFailure if it cannot be started; no process is left then, and who serves
     *     the share was only connected to if the template could be loaded
     */
    Vm restore(VmSpec spec, Path directory) throws HypervisorFailure;
}
