package io.saya.test.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The default guest under QEMU, without anything else of Saya's. */
final class BareGuest implements AutoCloseable {

    private static final String WORDS =
            "console=ttyS0 quiet panic=-1 reboot=t rootfstype=ramfs rcupdate.rcu_expedited=1"
                    + " random.trust_cpu=on no_timer_check";

    private final Process qemu;
    private final Path said;

    /**
     * @param devices words that QEMU gets for the agent's transport
     */
    BareGuest(Path directory, List<String> devices) throws IOException {
        var share = Path.of(System.getProperty("saya.product", ""), "share", "saya");
        var console = directory.resolve("console");
        var words = new ArrayList<String>();
        words.addAll(List.of("qemu-system-x86_64", "-nodefaults", "-no-user-config"));
        words.addAll(List.of("-display", "none", "-no-reboot", "-machine"));
        words.addAll(List.of("q35,memory-backend=memory", "-accel", "tcg,thread=multi"));
        words.addAll(List.of("-cpu", "max", "-smp", "1", "-m", "256M", "-object"));
        words.add("memory-backend-memfd,id=memory,size=256M,share=on");
        words.addAll(List.of("-serial", "file:" + console));
        words.addAll(List.of("-kernel", share.resolve("vmlinux").toString()));
        words.addAll(List.of("-initrd", share.resolve("saya-initrd.img").toString()));
        words.addAll(List.of("-append", WORDS));
        words.addAll(devices);
        said = directory.resolve("qemu");
        qemu =
                new ProcessBuilder(words)
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start();
    }

    /** Fails with what QEMU has said if it has ended. */
    void check() throws IOException {
        if (!qemu.isAlive()) {
            throw new IOException("QEMU has ended: " + Files.readString(said));
        }
    }

    /** Waits until there is a file. */
    void await(Path file) throws InterruptedException, IOException {
        await(file, qemu);
    }

    /** Waits until there is a file that a process makes. */
    static void await(Path file, Process maker) throws InterruptedException, IOException {
        while (Files.notExists(file)) {
            if (!maker.isAlive()) {
                throw new IOException(maker.info().command() + " has ended before " + file);
            }
            Thread.sleep(20);
        }
    }

    @Override
    public void close() {
        qemu.destroyForcibly();
        try {
            qemu.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
