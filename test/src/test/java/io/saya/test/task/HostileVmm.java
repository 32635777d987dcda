package io.saya.test.task;

import io.saya.test.Containerd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Makes sandboxes whose VMM and agent are {@code test/hostile/vmm.py}. */
final class HostileVmm {
    /** The program's name, by which the tests find what is left of a sandbox. */
    private static final String NAME = "qemu-system-hostile";

    private HostileVmm() {}

    /**
     * Prepares a sandbox.
     *
     * @param directory that of the suite
     * @param what {@code WHERE:HOW} as the program knows it, or empty for a VMM that obeys
     */
    static Watched prepare(Path directory, String id, String what) throws IOException {
        var program = directory.resolve(NAME);
        if (!Files.exists(program)) {
            Files.copy(
                    Containerd.product().resolve("../../../test/hostile/vmm.py").normalize(),
                    program,
                    StandardCopyOption.COPY_ATTRIBUTES);
        }
        var configuration =
                Files.writeString(
                        directory.resolve(id + ".toml"),
                        """
                        [hypervisor.qemu]
                        path = "%s"
                        accelerator = "tcg"
                        kernel_params = "hostile=%s"
                        [agent.kata]
                        dial_timeout = 4
                        health_check_request_timeout_ms = 4000
                        """
                                .formatted(program, what));
        return Watched.prepare(directory, id, "python3", configuration);
    }
}
