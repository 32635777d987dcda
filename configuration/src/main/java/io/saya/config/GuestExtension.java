package io.saya.config;

import java.nio.file.Path;

/**
 * A further read-only image of the guest ({@code guest_extension_images}): its systemd mounts it at
 * {@code /run/kata-extensions/NAME} before the agent starts.
 *
 * @param name 1 to 10 letters, digits, {@code -} and {@code _}, so that a disk's serial has room
 *     for it
 * @param path a raw file
 * @param verityParams dm-verity data, as {@link RootImage.Verity#parse} reads it; empty: it is not
 *     checked
 */
public record GuestExtension(String name, Path path, String verityParams) {}
