package io.saya.guest;

import io.saya.hypervisor.VmDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/**
 * What a pod gives the components of a guest of Kata's before the agent listens: a read-only disk
 * that agents built with init-data find by its first bytes.
 */
final class InitData {

    /** Serial of the disk, as Kata's runtime has it. */
    private static final String ID = "initdata";

    private static final byte[] MAGIC = "initdata".getBytes(StandardCharsets.US_ASCII);
    private static final int SECTOR = 512;

    private InitData() {}

    /** The disk; none without data. */
    static List<VmDevice> disk(String data, Path runDirectory) {
        return data.isEmpty()
                ? List.of()
                : List.of(new VmDevice.Block(ID, file(runDirectory), true));
    }

    /** Writes what is on the disk: the magic number, the length of the data, and these. */
    static void write(String data, Path runDirectory) throws IOException {
        if (data.isEmpty()) {
            return;
        }
        byte[] packed = Base64.getDecoder().decode(data);
        int length = MAGIC.length + Long.BYTES + packed.length;
        ByteBuffer disk =
                ByteBuffer.allocate((length + SECTOR - 1) / SECTOR * SECTOR)
                        .order(ByteOrder.LITTLE_ENDIAN);
        disk.put(MAGIC).putLong(packed.length).put(packed);
        Files.write(file(runDirectory), disk.array());
    }

    private static Path file(Path runDirectory) {
        return runDirectory.resolve(ID);
    }
}
