package io.saya.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the VM boots.
 *
 * @param kernel guest kernel ({@code kernel})
 * @param image root image; exactly one of {@code image} and {@code initrd} is present
 * @param initrd initial RAM disk
 * @param rootfsType file system in the image ({@code rootfs_type}): {@code ext4}, {@code xfs} or
 *     {@code erofs}
 * @param kernelParameters words appended to the kernel's command line ({@code kernel_params})
 * @param firmware firmware file ({@code firmware})
 * @param hookPath directory of OCI hooks inside the guest ({@code guest_hook_path}); empty: none
 * @param disableSelinux no SELinux in the guest ({@code disable_guest_selinux})
 */
public record GuestConfig(
        Path kernel,
        Optional<Path> image,
        Optional<Path> initrd,
        String rootfsType,
        List<String> kernelParameters,
        Optional<Path> firmware,
        String hookPath,
        boolean disableSelinux) {

    public GuestConfig {
        if (image.isPresent() == initrd.isPresent()) {
            throw new IllegalArgumentException(
                    "exactly one of image and initrd is needed, got image "
                            + image
                            + " and initrd "
                            + initrd);
        }
        kernelParameters = List.copyOf(kernelParameters);
    }
}
