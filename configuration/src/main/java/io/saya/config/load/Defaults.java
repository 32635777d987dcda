package io.saya.config.load;

import io.saya.config.option.AgentOptions;
import io.saya.config.option.Option;
import io.saya.config.option.StorageOptions;
import io.saya.config.option.VmOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Fills in the defaults that depend on the installation, the host, or other options. */
final class Defaults {

    /** Relative to the installation directory. */
    static final String KERNEL = "share/saya/vmlinux";

    static final String INITRD = "share/saya/saya-initrd.img";

    /** The paths at which distributions install virtiofsd: most, and Debian 12. */
    private static final List<Path> VIRTIOFSD =
            List.of(Path.of("/usr/libexec/virtiofsd"), Path.of("/usr/lib/qemu/virtiofsd"));

    /** The paths at which vhost-device-vsock is looked for. */
    private static final List<Path> VSOCK_DAEMON =
            List.of(
                    Path.of("/usr/libexec/vhost-device-vsock"),
                    Path.of("/usr/bin/vhost-device-vsock"),
                    Path.of("/usr/local/bin/vhost-device-vsock"));

    private Defaults() {}

    static void fillIn(EffectiveConfig.Builder whole, Path installDirectory) {
        EffectiveConfig said = whole.build();
        if (isMissing(said, VmOptions.KERNEL)) {
            fill(whole, VmOptions.KERNEL, installDirectory.resolve(KERNEL));
        }
        if (isMissing(said, VmOptions.INITRD) && isMissing(said, VmOptions.IMAGE)) {
            fill(whole, VmOptions.INITRD, installDirectory.resolve(INITRD));
        }
        if (isMissing(said, StorageOptions.VIRTIO_FS_DAEMON)) {
            fill(whole, StorageOptions.VIRTIO_FS_DAEMON, virtiofsd());
        }
        if (isMissing(said, AgentOptions.VSOCK_DAEMON)) {
            firstOf(VSOCK_DAEMON).ifPresent(found -> fill(whole, AgentOptions.VSOCK_DAEMON, found));
        }
        EffectiveConfig filled = whole.build();
        allowOwn(whole, filled, VmOptions.VALID_PATHS, VmOptions.PATH);
        allowOwn(
                whole,
                filled,
                VmOptions.VALID_BOOT_PATHS,
                VmOptions.KERNEL,
                VmOptions.INITRD,
                VmOptions.IMAGE);
        allowOwn(
                whole,
                filled,
                StorageOptions.VALID_VIRTIO_FS_DAEMON_PATHS,
                StorageOptions.VIRTIO_FS_DAEMON);
        allowOwn(
                whole,
                filled,
                StorageOptions.VALID_VHOST_USER_STORE_PATHS,
                StorageOptions.VHOST_USER_STORE_PATH);
    }

    /** Not said, or said to be empty. */
    static boolean isMissing(EffectiveConfig config, Option<Path> option) {
        return config.value(option).toString().isEmpty();
    }

    /** Without a list, only what the file itself names is allowed. */
    @SafeVarargs
    private static void allowOwn(
            EffectiveConfig.Builder whole,
            EffectiveConfig filled,
            Option<List<String>> list,
            Option<Path>... paths) {
        if (!whole.has(list)) {
            List<String> own = new ArrayList<>();
            for (Option<Path> path : paths) {
                if (!isMissing(filled, path)) {
                    own.add(filled.value(path).toString());
                }
            }
            fill(whole, list, own);
        }
    }

    private static Path virtiofsd() {
        return firstOf(VIRTIOFSD).orElse(VIRTIOFSD.getFirst());
    }

    private static Optional<Path> firstOf(List<Path> candidates) {
        return candidates.stream().filter(Files::exists).findFirst();
    }

    private static <T> void fill(EffectiveConfig.Builder whole, Option<T> option, T value) {
        whole.set(new Setting<>(option, value, new Origin.BuiltIn()));
    }
}
