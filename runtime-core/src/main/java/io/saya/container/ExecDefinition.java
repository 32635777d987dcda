package io.saya.container;

import io.saya.agent.GuestProcess;
import io.saya.io.DeferredStdio;

/**
 * What an exec is started with.
 *
 * @param process as the guest is told it
 * @param streams not opened yet
 */
public record ExecDefinition(GuestProcess process, DeferredStdio streams) {}
