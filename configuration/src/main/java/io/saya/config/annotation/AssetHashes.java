package io.saya.config.annotation;

import io.saya.config.Problem;
import io.saya.config.load.EffectiveConfig;
import io.saya.config.load.Problems;
import io.saya.config.option.Option;
import io.saya.config.option.VmOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code kernel_hash} and the like: a pod says what SHA-512 the file must have that it is booted
 * from. They only ever make a start fail, so no allow-list governs them.
 */
final class AssetHashes {

    private static final Map<String, Option<Path>> ASSETS =
            Map.of(
                    "hypervisor.kernel_hash", VmOptions.KERNEL,
                    "hypervisor.image_hash", VmOptions.IMAGE,
                    "hypervisor.initrd_hash", VmOptions.INITRD,
                    "hypervisor.hypervisor_hash", VmOptions.PATH,
                    "hypervisor.path_hash", VmOptions.PATH);

    /** Far more than an image has. Files of /proc call themselves empty and may have no end. */
    private static final long LARGEST_FILE = 16L << 30;

    private static final int BUFFER_BYTES = 64 * 1024;

    private AssetHashes() {}

    /** The file that an annotation of that name is about, or null. */
    static @Nullable Option<Path> asset(String name) {
        return ASSETS.get(name);
    }

    /** Blocks for reading the whole file, if it is a regular one of at most 16 GiB. */
    static void check(
            Problem.Source source,
            String wanted,
            Option<Path> option,
            EffectiveConfig config,
            Problems problems) {
        Path file = config.value(option);
        if (file.toString().isEmpty()) {
            problems.error(source, "is the hash of " + option + ", which is not set");
            return;
        }
        try {
            // What it has is not told: who cannot read a file must not learn of it by guessing.
            if (!sha512(file).equals(wanted.toLowerCase(Locale.ROOT))) {
                problems.error(source, file + " has not the SHA-512 that is asked for");
            }
        } catch (IOException e) {
            problems.error(source, file + " cannot be read to check its hash: " + e.getMessage());
        }
    }

    private static String sha512(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-512");
        } catch (NoSuchAlgorithmException e) {
            throw new IOException("this Java knows no SHA-512", e);
        }
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        // To open a FIFO waits for who writes to it, and a device has no end.
        if (!attributes.isRegularFile() || attributes.size() > LARGEST_FILE) {
            throw new IOException("it is no regular file of at most " + LARGEST_FILE + " bytes");
        }
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            long left = LARGEST_FILE;
            for (int n = in.read(buffer); n >= 0 && left > 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
                left -= n;
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
