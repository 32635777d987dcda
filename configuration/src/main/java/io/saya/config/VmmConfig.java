package io.saya.config;

import java.nio.file.Path;

/**
 * The VMM's process.
 *
 * @param path its binary ({@code path})
 * @param debug what helps to find out why a guest does what it does
 */
public record VmmConfig(Path path, DebugConfig debug) {}
