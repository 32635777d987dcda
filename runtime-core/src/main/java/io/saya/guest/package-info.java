/**
 * What a sandbox consists of outside of this process: run directory, cgroup, network, virtiofsd, VM
 * and the connection to its agent. The package brings it up, watches it and takes it down; it knows
 * neither the sandbox's states nor its containers.
 */
@NullMarked
package io.saya.guest;

import org.jspecify.annotations.NullMarked;
