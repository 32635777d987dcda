package io.saya.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The guest's root image.
 *
 * @param path a raw file ({@code image})
 * @param device what the guest sees it as ({@code disable_image_nvdimm}, {@code vm_rootfs_driver})
 * @param fileSystem what is in it, where it does not tell that itself ({@code rootfs_type})
 * @param verity what the guest's kernel checks it by ({@code kernel_verity_params}); empty: it does
 *     not
 */
public record RootImage(Path path, Device device, String fileSystem, Optional<Verity> verity) {

    /** A device that holds the image. */
    public enum Device {
        /** A virtio-blk disk. */
        DISK,
        NVDIMM,
        /** A virtio-pmem device. */
        PMEM
    }

    /**
     * The tree of hashes that dm-verity compares an image with.
     *
     * @param rootHash of SHA-256, in hexadecimal digits
     * @param salt in hexadecimal digits; {@code -}: none
     * @param dataBlocks blocks that are checked, at least 1
     * @param dataBlockSize bytes of each, a power of two
     * @param hashBlockSize bytes of a block of hashes, a power of two
     */
    public record Verity(
            String rootHash, String salt, long dataBlocks, int dataBlockSize, int hashBlockSize) {

        private static final int HASH_DIGITS = 64;
        private static final int MOST_SALT_DIGITS = 512;
        private static final int LEAST_BLOCK = 512;
        private static final int LARGEST_BLOCK = 65536;

        public Verity {
            require(
                    rootHash.length() == HASH_DIGITS && isHexadecimal(rootHash),
                    "root_hash: '" + rootHash + "' (expected: 64 hexadecimal digits)");
            require(
                    salt.equals("-")
                            || (salt.length() <= MOST_SALT_DIGITS
                                    && salt.length() % 2 == 0
                                    && isHexadecimal(salt)),
                    "salt: '" + salt + "' (expected: bytes as hexadecimal digits, or -)");
            require(
                    dataBlocks > 0 && dataBlocks <= Integer.MAX_VALUE,
                    "data_blocks: " + dataBlocks + " (expected: 1 to 2147483647)");
            requireBlock("data_block_size", dataBlockSize);
            requireBlock("hash_block_size", hashBlockSize);
        }

        /**
         * Reads {@code root_hash=…,salt=…,data_blocks=…,data_block_size=…,hash_block_size=…}, in
         * any order; all but the salt are needed.
         *
         * @throws IllegalArgumentException says what is wrong
         */
        public static Verity parse(String text) {
            String rootHash = "";
            String salt = "-";
            long blocks = 0;
            int dataSize = 0;
            int hashSize = 0;
            for (String word : text.split(",", -1)) {
                int equals = word.indexOf('=');
                String key = equals < 0 ? word : word.substring(0, equals);
                String value = word.substring(equals + 1).strip();
                switch (key.strip()) {
                    case "root_hash" -> rootHash = value;
                    case "salt" -> salt = value.isEmpty() ? "-" : value;
                    case "data_blocks" -> blocks = number(key, value);
                    case "data_block_size" -> dataSize = number(key, value);
                    case "hash_block_size" -> hashSize = number(key, value);
                    default ->
                            throw new IllegalArgumentException(
                                    "'"
                                            + word
                                            + "' (expected: root_hash=, salt=, data_blocks=,"
                                            + " data_block_size= or hash_block_size=)");
                }
            }
            return new Verity(rootHash, salt, blocks, dataSize, hashSize);
        }

        private static int number(String key, String value) {
            try {
                return Integer.parseUnsignedInt(value);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        key + ": '" + value + "' (expected: a number)", e);
            }
        }

        private static void requireBlock(String key, int size) {
            require(
                    size >= LEAST_BLOCK && size <= LARGEST_BLOCK && Integer.bitCount(size) == 1,
                    key + ": " + size + " (expected: a power of two, 512 to 65536)");
        }

        private static boolean isHexadecimal(String text) {
            for (int i = 0; i < text.length(); i++) {
                if (Character.digit(text.charAt(i), 16) < 0) {
                    return false;
                }
            }
            return !text.isEmpty();
        }

        private static void require(boolean holds, String otherwise) {
            if (!holds) {
                throw new IllegalArgumentException(otherwise);
            }
        }
    }
}
