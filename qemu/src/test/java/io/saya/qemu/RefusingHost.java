package io.saya.qemu;

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

/** A host that does nothing of what it is asked for, but for what a test needs of it. */
abstract class RefusingHost implements Host {
    @Override
    public void mount(String source, Path target, String type, Set<MountFlag> flags, String data) {
        throw new UnsupportedOperationException("mount");
    }

    @Override
    public void unmount(Path target, Set<UnmountFlag> flags) {
        throw new UnsupportedOperationException("unmount");
    }

    @Override
    public byte[] netlink(Path namespace, byte[] messages) {
        throw new UnsupportedOperationException("netlink");
    }

    @Override
    public HostProcess hook(HookCommand command) {
        throw new UnsupportedOperationException("hook");
    }

    @Override
    public HostProcess standIn(StandInSpec spec) {
        throw new UnsupportedOperationException("stand-in");
    }

    @Override
    public HostProcess spawn(SpawnSpec spec) throws IOException {
        throw new UnsupportedOperationException("spawn");
    }

    @Override
    public String command(MonitorCommand command) throws IOException {
        throw new UnsupportedOperationException("command");
    }
}
