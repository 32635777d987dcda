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
 * @param kernelParameters words appended to the kernel's command line ({@code kernel_params})
 * @param hookPath directory of OCI hooks inside the guest ({@code guest_hook_path}); empty: none
 * @param extensions further images ({@code guest_extension_images})
 * @param shipped whether it is the guest that comes with this runtime, so that its agent is known
 */
public record GuestConfig(
        Path kernel,
        Optional<RootImage> image,
        Optional<Path> initrd,
        List<String> kernelParameters,
        String hookPath,
        List<GuestExtension> extensions,
        boolean shipped) {

    public GuestConfig {
        if (image.isPresent() == initrd.isPresent()) {
            throw new IllegalArgumentException(
                    "exactly one of image and initrd is needed, got image "
                            + image
                            + " and initrd "
                            + initrd);
        }
        kernelParameters = List.copyOf(kernelParameters);
        extensions = List.copyOf(extensions);
    }
}
