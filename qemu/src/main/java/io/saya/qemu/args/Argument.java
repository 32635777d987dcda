package io.saya.qemu.args;

import java.util.List;

/** A switch of QEMU with its value. */
public sealed interface Argument
        permits FileSet,
                Flag,
                Accel,
                Append,
                Blockdev,
                Chardev,
                Cpu,
                Device,
                Display,
                Initrd,
                Kernel,
                Machine,
                Memory,
                Mon,
                Name,
                Netdev,
                Numa,
                ObjectOption,
                Raw,
                Sandbox,
                Smp {

    /** The words on the command line. */
    List<String> words();
}
