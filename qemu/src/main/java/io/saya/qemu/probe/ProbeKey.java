package io.saya.qemu.probe;

import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a verdict is about: if any of this changes, it has to be found anew. */
record ProbeKey(JsonObject members) {

    /**
     * The host as it is now.
     *
     * @param device {@code /dev/kvm}: loading the module again, with other parameters, makes
     *     another inode
     * @throws IOException if part of it cannot be read
     */
    static ProbeKey of(Path qemu, Path device) throws IOException {
        return new ProbeKey(
                JsonObject.builder()
                        .put("boot_id", line(Path.of("/proc/sys/kernel/random/boot_id")))
                        .put("kernel", line(Path.of("/proc/sys/kernel/osrelease")))
                        .put("kvm_inode", String.valueOf(Files.getAttribute(device, "unix:ino")))
                        .put("qemu", qemu.toString())
                        .put("qemu_modified", Files.getLastModifiedTime(qemu).toString())
                        .put("qemu_size", Files.size(qemu))
                        .build());
    }

    private static String line(Path path) throws IOException {
        return Files.readString(path).strip();
    }
}
