package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.ImageDevice;

/** The words by which a guest's kernel finds the root in its image. */
final class RootWords {

    private static final int SECTOR = 512;

    private RootWords() {}

    /**
     * Returns the words, with a blank before them.
     *
     * @throws HypervisorFailure if hashes are wanted and there is no partition for them
     */
    static String of(VmSpec.RootImage image, ImageLayout layout) throws HypervisorFailure {
        StringBuilder words = new StringBuilder();
        if (image.verity().isPresent()) {
            words.append(verity(image, layout, image.verity().get()));
        } else {
            words.append(" root=").append(layout.partitioned() ? device(image, 1) : whole(image));
        }
        words.append(" rootfstype=").append(layout.fileSystem());
        if (layout.dax() && image.verity().isEmpty()) {
            words.append(" rootflags=dax");
        }
        return words.append(" ro").toString();
    }

    private static String verity(VmSpec.RootImage image, ImageLayout layout, VmSpec.Verity verity)
            throws HypervisorFailure {
        if (!layout.partitioned()) {
            throw new HypervisorFailure(
                    "image "
                            + image.path()
                            + " has no partitions (expected: a second one with the hashes, by"
                            + " kernel_verity_params)");
        }
        return String.format(
                " dm-mod.create=\"root,,,ro,0 %d verity 1 %s %s %d %d %d 0 sha256 %s %s\""
                        + " root=/dev/dm-0",
                verity.dataBlocks() * verity.dataBlockSize() / SECTOR,
                device(image, 1),
                device(image, 2),
                verity.dataBlockSize(),
                verity.hashBlockSize(),
                verity.dataBlocks(),
                verity.rootHash(),
                verity.salt());
    }

    private static String device(VmSpec.RootImage image, int partition) {
        return whole(image) + (image.device() == ImageDevice.DISK ? "" : "p") + partition;
    }

    private static String whole(VmSpec.RootImage image) {
        return image.device() == ImageDevice.DISK ? "/dev/vda" : "/dev/pmem0";
    }
}
