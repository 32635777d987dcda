package io.saya.guest;

import java.nio.file.Path;

/**
 * The names and directories of a sandbox on this host.
 *
 * @param namespace containerd's namespace
 * @param id id of the sandbox container
 * @param bundle bundle of the sandbox container
 * @param runDirectory the sandbox's own directory (0700), gone when the sandbox is
 */
public record SandboxIdentity(String namespace, String id, Path bundle, Path runDirectory) {}
