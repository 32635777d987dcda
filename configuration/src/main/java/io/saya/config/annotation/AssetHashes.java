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

    private static final int BUFFER_BYTES = 64 * 1024;

    private AssetHashes() {}

    /** The file that an annotation of that name is about, or null. */
    static @Nullable Option<Path> asset(String name) {
        return ASSETS.get(name);
    }

    /** Blocks for reading the whole file. */
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
            String found = sha512(file);
            if (!found.equals(wanted.toLowerCase(Locale.ROOT))) {
                problems.error(
                        source,
                        file + " has the SHA-512 " + found + ", not the one that is asked for");
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
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
