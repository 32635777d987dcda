package io.saya.qemu.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.hypervisor.VmSpec.Monitor;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ArgumentTest {
    private static final PciAddress SLOT_10 = new PciAddress(10);

    static Stream<Arguments> golden() {
        return Stream.of(
                row(Flag.NODEFAULTS, "-nodefaults"),
                row(Flag.NO_USER_CONFIG, "-no-user-config"),
                row(Flag.NO_REBOOT, "-no-reboot"),
                row(Flag.PANIC_PAUSES, "-action", "panic=pause"),
                row(new Name("a,b"), "-name", "a,,b,debug-threads=on"),
                row(new Accel.Kvm(), "-accel", "kvm"),
                row(new Accel.Tcg(64), "-accel", "tcg,thread=multi,tb-size=64"),
                row(new Cpu("host", ""), "-cpu", "host"),
                row(new Cpu("max,erms=off", "pmu=off"), "-cpu", "max,erms=off,pmu=off"),
                row(new Smp(1, 4), "-smp", "1,cores=1,threads=1,sockets=4,maxcpus=4"),
                row(new Memory(512, 0, 512), "-m", "512M"),
                row(new Memory(512, 10, 512), "-m", "512M"),
                row(new Memory(512, 10, 4096), "-m", "512M,slots=10,maxmem=4096M"),
                row(new Display(), "-display", "none"),
                row(
                        new Machine(
                                "q35",
                                Optional.of("mem"),
                                List.of(new Machine.Option("smm", "off")),
                                ""),
                        "-machine",
                        "q35,memory-backend=mem,smm=off"),
                row(
                        new Machine("q35", Optional.empty(), List.of(), "smm=on,hpet=off"),
                        "-machine",
                        "q35,smm=on,hpet=off"),
                row(new Sandbox("on,spawn=deny"), "-sandbox", "on,spawn=deny"),
                row(new Mon("qmp"), "-mon", "chardev=qmp,mode=control"),
                row(new Mon("m", Monitor.HMP), "-mon", "chardev=m,mode=readline"),
                row(new Mon("m", Monitor.QMP_PRETTY), "-mon", "chardev=m,mode=control,pretty=on"),
                row(
                        new FileSet("entropy", 3, Path.of("/dev/hwrng")),
                        "-add-fd",
                        "fd=%fd:entropy%,set=3,opaque=/dev/hwrng"),
                row(
                        new Chardev.InheritedSocket("qmp", "monitor"),
                        "-chardev",
                        "socket,id=qmp,fd=%fd:monitor%,server=on,wait=off"),
                row(
                        new Chardev.InheritedConnection("fs", "share"),
                        "-chardev",
                        "socket,id=fs,fd=%fd:share%"),
                row(
                        new ObjectOption.MemoryBackendMemfd(
                                "mem", 512, MemoryBacking.ON_TOUCH, List.of()),
                        "-object",
                        "memory-backend-memfd,id=mem,size=512M,share=on"),
                row(
                        new ObjectOption.MemoryBackendMemfd(
                                "mem", 512, MemoryBacking.PREALLOCATED, List.of()),
                        "-object",
                        "memory-backend-memfd,id=mem,size=512M,share=on,prealloc=on"),
                row(
                        new ObjectOption.MemoryBackendMemfd(
                                "mem", 512, MemoryBacking.HUGE_PAGES, List.of()),
                        "-object",
                        "memory-backend-memfd,id=mem,size=512M,share=on,hugetlb=on,prealloc=on"),
                row(
                        new ObjectOption.RngRandom("rng", Path.of("/dev/urandom")),
                        "-object",
                        "rng-random,id=rng,filename=/dev/urandom"),
                row(
                        new Blockdev("d", "disk", 1, Path.of("/x/disk,1.img"), false, false),
                        "-add-fd",
                        "fd=%fd:disk%,set=1,opaque=/x/disk,,1.img",
                        "-blockdev",
                        "driver=raw,node-name=d,read-only=off,file.driver=file"
                                + ",file.filename=/dev/fdset/1"),
                row(
                        new Blockdev("d", "disk", 2, Path.of("/dev/sdb"), true, true),
                        "-add-fd",
                        "fd=%fd:disk%,set=2,opaque=/dev/sdb",
                        "-blockdev",
                        "driver=raw,node-name=d,read-only=on,file.driver=host_device"
                                + ",file.filename=/dev/fdset/2,file.locking=off"),
                row(
                        new Netdev("net0", List.of("tap"), List.of()),
                        "-netdev",
                        "tap,id=net0,fd=%fd:tap%"),
                row(
                        new Netdev("net0", List.of("tap"), List.of("vhost")),
                        "-netdev",
                        "tap,id=net0,fd=%fd:tap%,vhost=on,vhostfd=%fd:vhost%"),
                row(new Kernel(Path.of("/k,k")), "-kernel", "/k,k"),
                row(new Initrd(Path.of("/i,i")), "-initrd", "/i,i"),
                row(new Append("a=b,c quiet"), "-append", "a=b,c quiet"),
                row(new Raw(List.of("-x", "y,z=1")), "-x", "y,z=1"),
                device(
                        new Device.VirtioSerialPci("serial", 3, SLOT_10),
                        "virtio-serial-pci,id=serial,bus=pcie.0,addr=0xa,disable-legacy=on,max_ports=3"),
                device(
                        new Device.VirtSerialPort("serial", 1, "agent", "agent.channel.0"),
                        "virtserialport,id=agent-port,bus=serial.0,nr=1,chardev=agent,name=agent.channel.0"),
                device(
                        new Device.VirtConsole("serial", 0, "console"),
                        "virtconsole,bus=serial.0,nr=0,chardev=console"),
                device(new Device.IsaSerial("console"), "isa-serial,chardev=console"),
                device(new Device.Pvpanic(), "pvpanic"),
                device(
                        new Device.VirtioRngPci("r", "rng", SLOT_10),
                        "virtio-rng-pci,id=r,bus=pcie.0,addr=0xa,disable-legacy=on,rng=rng"),
                device(
                        new Device.VhostUserFsPci("f", "fs", "kata,Shared", 1024, 0, SLOT_10),
                        "vhost-user-fs-pci,id=f,bus=pcie.0,addr=0xa,chardev=fs,tag=kata,,Shared"
                                + ",queue-size=1024"),
                device(
                        new Device.VhostUserFsPci("f", "fs", "t", 128, 512, SLOT_10),
                        "vhost-user-fs-pci,id=f,bus=pcie.0,addr=0xa,chardev=fs,tag=t"
                                + ",queue-size=128,cache-size=512M"),
                device(
                        new Device.VirtioBlkPci("b", "disk", "serial-1", SLOT_10),
                        "virtio-blk-pci,id=b,bus=pcie.0,addr=0xa,disable-legacy=on,drive=disk"
                                + ",serial=serial-1"),
                device(
                        new Device.VhostVsockPci("v", "vsock", -2, SLOT_10),
                        "vhost-vsock-pci,id=v,bus=pcie.0,addr=0xa,disable-legacy=on"
                                + ",vhostfd=%fd:vsock%,guest-cid=4294967294"),
                device(
                        new Device.VhostUserVsockPci("v", "vsock", SLOT_10),
                        "vhost-user-vsock-pci,id=v,bus=pcie.0,addr=0xa,chardev=vsock"),
                device(
                        new Device.VirtioNetPci("n", "net0", "02:00:00:00:00:01", 1, SLOT_10),
                        "virtio-net-pci,id=n,bus=pcie.0,addr=0xa,disable-legacy=on,netdev=net0"
                                + ",mac=02:00:00:00:00:01,romfile="));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("golden")
    void aSwitchIsRenderedAsQemuReadsIt(Argument argument, List<String> words) {
        assertThat(argument.words()).isEqualTo(words);
    }

    @Test
    void aValueCannotBecomeAnotherOption() {
        assertThat(new Name("x,process=evil").words())
                .containsExactly("-name", "x,,process=evil,debug-threads=on");
    }

    @Test
    void aValueThatExecCannotPassIsRefused() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new Name("a\0b").words())
                .withMessage("option value: NUL at 1 (expected: text that exec can pass)");
    }

    @Test
    void slotsOfTheHostBridgeAndTheChipsetAreRefused() {
        for (int slot : new int[] {-1, 0, 31, 32}) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> new PciAddress(slot));
        }
    }

    @Test
    void aCommandLineStartsWithTheBinary() {
        assertThat(
                        new CommandLine(
                                        Path.of("/usr/bin/qemu"),
                                        List.of(Flag.NODEFAULTS, new Kernel(Path.of("/k"))))
                                .words())
                .containsExactly("/usr/bin/qemu", "-nodefaults", "-kernel", "/k");
    }

    private static Arguments row(Argument argument, String... words) {
        return Arguments.of(argument, List.of(words));
    }

    private static Arguments device(Device device, String properties) {
        return row(device, "-device", properties);
    }
}
