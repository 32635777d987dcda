package io.saya.network;

import io.saya.host.HookCommand;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.MonitorCommand;
import io.saya.host.MountFlag;
import io.saya.host.SpawnSpec;
import io.saya.host.StandInSpec;
import io.saya.host.UnmountFlag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** A host that counts what costs a process: exchanges with the kernel, and programs. */
record CountedHost(Host host, AtomicInteger exchanges, AtomicInteger programs) implements Host {

    CountedHost(Host host) {
        this(host, new AtomicInteger(), new AtomicInteger());
    }

    /** The guard forks for it, since only a process of its own can enter a namespace. */
    @Override
    public byte[] netlink(Path namespace, byte[] messages) throws IOException {
        exchanges.incrementAndGet();
        return host.netlink(namespace, messages);
    }

    @Override
    public String command(MonitorCommand command) throws IOException {
        return host.command(command);
    }

    @Override
    public HostProcess spawn(SpawnSpec spec) throws IOException {
        programs.incrementAndGet();
        return host.spawn(spec);
    }

    @Override
    public void mount(String source, Path target, String type, Set<MountFlag> flags, String data)
            throws IOException {
        host.mount(source, target, type, flags, data);
    }

    @Override
    public void unmount(Path target, Set<UnmountFlag> flags) throws IOException {
        host.unmount(target, flags);
    }

    @Override
    public HostProcess hook(HookCommand command) throws IOException {
        return host.hook(command);
    }

    @Override
    public HostProcess standIn(StandInSpec spec) throws IOException {
        return host.standIn(spec);
    }
}
