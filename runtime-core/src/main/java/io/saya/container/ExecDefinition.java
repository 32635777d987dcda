package io.saya.container;

import io.saya.io.DeferredStdio;
import io.saya.proto.agent.oci.Process;

/**
 * What the start of an exec needs.
 *
 * @param process as the guest is told it
 * @param streams not opened yet
 */
public record ExecDefinition(Process process, DeferredStdio streams) {}
