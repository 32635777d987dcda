package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.host.Placement;
import io.saya.host.Placement.InheritedFile;
import io.saya.host.Placement.InheritedTap;
import io.saya.host.Placement.TapKind;
import io.saya.host.SpawnSpec;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.hypervisor.VmSpec.ImageDevice;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.hypervisor.VmSpec.MemoryGrowth;
import io.saya.hypervisor.VmSpec.MemoryNode;
import io.saya.qemu.MachineArguments.Execution;
import io.saya.qemu.args.Accel;
import io.saya.qemu.root.ConfinedRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineArgumentsTest {
    private static final Path RUN = Path.of("/run/saya/s");
    private static final Path KERNEL = Path.of("/guest/vmlinux");
    private static final Execution TCG =
            new Execution(new Accel.Tcg(64), "max,erms=off", " tsc_early_khz=2596122");
    private static final Execution KVM = new Execution(new Accel.Kvm(), "host", " tsc=reliable");

    @Test
    void theWholeLineForASandbox() throws Exception {
        VmSpec spec =
                Specs.of(
                        RUN,
                        KERNEL,
                        List.of(
                                new VmDevice.VirtioFs(
                                        "kataShared", RUN.resolve("virtiofs.sock"), 1024, 0)),
                        AgentTransport.VIRTIO_SERIAL,
                        List.of("-extra", "word"));
        assertThat(lines(spec, TCG))
                .containsExactly(
                        "/usr/bin/qemu-system-x86_64",
                        "-name sandbox-1,debug-threads=on",
                        "-nodefaults",
                        "-no-user-config",
                        "-display none",
                        "-no-reboot",
                        "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny"
                                + ",resourcecontrol=deny",
                        "-chardev socket,id=qmp,fd=%fd:qmp%,server=on,wait=off",
                        "-mon chardev=qmp,mode=control",
                        "-machine q35,memory-backend=memory,smbus=off,sata=off,usb=off,vmport=off"
                                + ",i8042=off,smm=off",
                        "-accel tcg,thread=multi,tb-size=64",
                        "-cpu max,erms=off,pmu=off",
                        "-smp 1,cores=1,threads=1,sockets=1,maxcpus=1",
                        "-m 64M",
                        "-object memory-backend-memfd,id=memory,size=64M,share=on",
                        "-device pvpanic",
                        "-chardev socket,id=agent,fd=%fd:agent%,server=on,wait=off",
                        "-device virtio-serial-pci,id=serial,bus=pcie.0,addr=0x1,disable-legacy=on,max_ports=3",
                        "-device virtserialport,id=agent-port,bus=serial.0,nr=1,chardev=agent"
                                + ",name=agent.channel.0",
                        "-chardev socket,id=console,fd=%fd:console%,server=on,wait=on",
                        "-device isa-serial,chardev=console",
                        "-object rng-random,id=rng,filename=/dev/urandom",
                        "-device virtio-rng-pci,id=rng-dev,bus=pcie.0,addr=0x2,disable-legacy=on"
                                + ",rng=rng",
                        "-chardev socket,id=fs-kataShared,fd=%fd:share-kataShared%",
                        "-device vhost-user-fs-pci,id=fs-kataShared-dev,bus=pcie.0,addr=0x5"
                                + ",chardev=fs-kataShared,tag=kataShared,queue-size=1024",
                        "-kernel /guest/vmlinux",
                        "-append console=ttyS0 quiet panic=-1 reboot=t rcupdate.rcu_expedited=1"
                                + " cryptomgr.notests random.trust_cpu=on i8042.noaux i8042.nokbd"
                                + " 8250.nr_uarts=1 audit=0 net.ifnames=0 no_timer_check"
                                + " tsc_early_khz=2596122 nr_cpus=1 swiotlb=noforce rootfstype=ramfs"
                                + " agent.log=debug",
                        "-extra word");
    }

    @Test
    void aMachineThatIsLookedIntoSaysWhatItDoesAndHasAMonitorMore() throws Exception {
        VmSpec.Debug debug =
                new VmSpec.Debug(true, Optional.of(VmSpec.Monitor.HMP), Optional.empty());
        VmSpec spec = Specs.withDebug(Specs.of(RUN, KERNEL), debug);
        assertThat(lines(spec, TCG))
                .containsSequence(
                        "-chardev socket,id=extra-monitor,fd=%fd:extra-monitor%,server=on,wait=off",
                        "-mon chardev=extra-monitor,mode=readline")
                .anySatisfy(
                        line ->
                                assertThat(line)
                                        .startsWith("-append console=ttyS0 debug panic=-1 ")
                                        .doesNotContain(" quiet "));
        assertThat(VmSockets.in(RUN).inherited(spec))
                .extracting(SpawnSpec.InheritedSocket::path)
                .contains(RUN.resolve("extra-monitor.sock"));
    }

    @Test
    void aMachineThatIsDumpedStandsStillWhenItsGuestPanics() throws Exception {
        VmSpec spec = Specs.withDump(Specs.of(RUN, KERNEL), Path.of("/dumps"));
        assertThat(lines(spec, TCG))
                .contains(
                        "-action panic=pause",
                        "-device pvpanic",
                        "-mon chardev=handover,mode=control");
        assertThat(lines(Specs.of(RUN, KERNEL), TCG)).noneMatch(line -> line.startsWith("-action"));
    }

    /** A template is not the place for what belongs to one sandbox. */
    @Test
    void aTemplateHasNeitherMonitorNorDump() throws Exception {
        VmSpec.Debug debug =
                new VmSpec.Debug(
                        true,
                        Optional.of(VmSpec.Monitor.QMP),
                        Optional.of(new VmSpec.MemoryDump(Path.of("/dumps"), true)));
        VmSpec spec = Specs.withDebug(Specs.of(RUN, KERNEL), debug);
        assertThat(TemplateMachine.anonymous(spec).debug())
                .isEqualTo(new VmSpec.Debug(true, Optional.empty(), Optional.empty()));
        assertThat(TemplateMachine.of(spec).debug()).isEqualTo(debug);
    }

    @Test
    void anotherSourceOfRandomnessIsOpenedForQemu() throws Exception {
        VmSpec spec = Specs.withMachine(Specs.of(RUN, KERNEL), "hpet=off", Path.of("/dev/hwrng"));
        assertThat(lines(spec, TCG))
                .containsSequence(
                        "-add-fd fd=%fd:entropy%,set=1,opaque=/dev/hwrng",
                        "-object rng-random,id=rng,filename=/dev/fdset/1")
                .anySatisfy(
                        line -> assertThat(line).startsWith("-machine q35").endsWith(",hpet=off"));
        assertThat(
                        VmDescriptors.placement(spec, VmSockets.in(RUN), Placement.AS_GUARD)
                                .inherited()
                                .files())
                .containsExactly(
                        new InheritedFile(
                                "entropy", Path.of("/dev/hwrng"), Placement.Access.READ_ONLY));
    }

    @Test
    void aMachineThatCanGrowHasTheAddressesAndAPlaceForTheMemory() throws Exception {
        VmSpec spec = Specs.withRoom(Specs.of(RUN, KERNEL), 4, 8192);
        assertThat(lines(spec, TCG))
                .contains(
                        "-smp 1,cores=1,threads=1,sockets=4,maxcpus=4",
                        "-m 64M,maxmem=8256M",
                        "-device pcie-root-port,id=plugm,bus=pcie.0,addr=0x1e,chassis=1,slot=1,io-reserve=0")
                .anySatisfy(line -> assertThat(line).contains(" nr_cpus=4 swiotlb=noforce "));
    }

    @Test
    void theMemoryThatCanComeHasAddressesInWholeBlocks() throws Exception {
        VmSpec spec = Specs.withRoom(Specs.of(RUN, KERNEL), 4, 1000);
        assertThat(lines(spec, TCG)).contains("-m 64M,maxmem=1088M");
    }

    @Test
    void aMachineThatGrowsByModulesHasSlotsForThemAndNoPlaceForADevice() throws Exception {
        VmSpec spec =
                Specs.withMemory(
                        Specs.of(RUN, KERNEL),
                        new VmSpec.Memory(
                                64,
                                8192,
                                MemoryBacking.ON_TOUCH,
                                new MemoryGrowth.Modules(10),
                                List.of()));
        assertThat(lines(spec, TCG))
                .contains("-m 64M,slots=10,maxmem=8192M")
                .noneMatch(line -> line.contains("plugm"));
    }

    @Test
    void nodesHaveEqualPartsOfTheMemoryAndOfTheProcessors() throws Exception {
        VmSpec spec =
                Specs.withMemory(
                        Specs.withRoom(Specs.of(RUN, KERNEL), 3, 64),
                        new VmSpec.Memory(
                                515,
                                515,
                                MemoryBacking.ON_TOUCH,
                                new MemoryGrowth.Device(),
                                List.of(
                                        new MemoryNode(List.of(0)),
                                        new MemoryNode(List.of(1, 3)))));
        assertThat(lines(spec, TCG))
                .containsSequence(
                        "-object {\"qom-type\":\"memory-backend-memfd\",\"id\":\"memory0\""
                                + ",\"size\":268435456,\"share\":true"
                                + ",\"host-nodes\":[0],\"policy\":\"bind\"}",
                        "-numa node,nodeid=0,memdev=memory0",
                        "-object {\"qom-type\":\"memory-backend-memfd\",\"id\":\"memory1\""
                                + ",\"size\":271581184,\"share\":true"
                                + ",\"host-nodes\":[1,3],\"policy\":\"bind\"}",
                        "-numa node,nodeid=1,memdev=memory1",
                        "-numa cpu,node-id=0,socket-id=0",
                        "-numa cpu,node-id=1,socket-id=1",
                        "-numa cpu,node-id=0,socket-id=2")
                .anySatisfy(line -> assertThat(line).startsWith("-machine q35,smbus=off,"));
    }

    @Test
    void disksHaveThreadsWhereThatIsWanted() throws Exception {
        assertThat(lines(Specs.withDiskThreads(Specs.of(RUN, KERNEL), 1, 2), TCG))
                .containsSequence("-object iothread,id=disks-0", "-object iothread,id=disks-1");
        assertThat(lines(Specs.withDiskThreads(Specs.of(RUN, KERNEL), 0, 2), TCG))
                .noneMatch(line -> line.contains("iothread"));
    }

    @Test
    void aDeviceOfTheHostMayNeedBounceBuffers() throws Exception {
        VmSpec spec =
                Specs.of(
                        RUN,
                        KERNEL,
                        List.of(new VmDevice.HostPci("0", "0000:01:00.0")),
                        AgentTransport.VIRTIO_SERIAL,
                        List.of());
        assertThat(lines(spec, TCG).getLast()).doesNotContain("swiotlb");
    }

    @Test
    void theBalloonGivesBackWhatIsFree() throws Exception {
        VmSpec spec =
                Specs.of(
                        RUN,
                        KERNEL,
                        List.of(new VmDevice.Balloon()),
                        AgentTransport.VIRTIO_SERIAL,
                        List.of());
        assertThat(lines(spec, TCG))
                .contains(
                        "-device virtio-balloon-pci,id=balloon,bus=pcie.0,addr=0x5,disable-legacy=on"
                                + ",free-page-reporting=on");
    }

    @Test
    void underKvmTheTimerIsChecked() throws Exception {
        List<String> lines = lines(Specs.of(RUN, KERNEL), KVM);
        assertThat(lines).contains("-accel kvm", "-cpu host,pmu=off");
        assertThat(lines.getLast())
                .startsWith("-append ")
                .contains(" tsc=reliable ")
                .doesNotContain("no_timer_check");
    }

    @Test
    void vsockGoesThroughTheHostsKernel() throws Exception {
        assertThat(lines(spec(AgentTransport.VSOCK), KVM))
                .contains(
                        "-device vhost-vsock-pci,id=vsock,bus=pcie.0,addr=0x3,disable-legacy=on"
                                + ",vhostfd=%fd:vhost-vsock%,guest-cid=4294967290")
                .noneMatch(line -> line.contains("virtserialport"))
                .noneMatch(line -> line.contains("agent.vsock_peers"));
    }

    @Test
    void networkCardsGetTheirTapsAndTheKernelsHelp() throws Exception {
        VmSpec spec =
                Specs.of(
                        RUN,
                        KERNEL,
                        List.of(
                                new VmDevice.Network(
                                        "0",
                                        "tap0",
                                        TapKind.SINGLE_QUEUE,
                                        "02:00:00:00:00:01",
                                        1,
                                        false),
                                new VmDevice.Network(
                                        "1",
                                        "tap1",
                                        TapKind.MULTI_QUEUE,
                                        "02:00:00:00:00:02",
                                        2,
                                        true)),
                        AgentTransport.VIRTIO_SERIAL,
                        List.of());
        assertThat(lines(spec, TCG))
                .containsSubsequence(
                        "-netdev tap,id=net-0,fd=%fd:tap-0-0%",
                        "-device virtio-net-pci,id=net-0-dev,bus=pcie.0,addr=0x5,disable-legacy=on"
                                + ",netdev=net-0,mac=02:00:00:00:00:01,romfile=",
                        "-netdev tap,id=net-1,fds=%fd:tap-1-0%:%fd:tap-1-1%,vhost=on"
                                + ",vhostfds=%fd:vhost-1-0%:%fd:vhost-1-1%",
                        "-device virtio-net-pci,id=net-1-dev,bus=pcie.0,addr=0x6,disable-legacy=on"
                                + ",netdev=net-1,mac=02:00:00:00:00:02,romfile=,mq=on,vectors=6");
        Placement placement = placement(spec);
        assertThat(placement.inherited().taps())
                .containsExactly(
                        new InheritedTap("tap-0-0", "tap0", TapKind.SINGLE_QUEUE),
                        new InheritedTap("tap-1-0", "tap1", TapKind.MULTI_QUEUE),
                        new InheritedTap("tap-1-1", "tap1", TapKind.MULTI_QUEUE));
        assertThat(placement.inherited().files())
                .containsExactly(
                        new InheritedFile("vhost-1-0", Path.of("/dev/vhost-net")),
                        new InheritedFile("vhost-1-1", Path.of("/dev/vhost-net")));
    }

    @Test
    void aDeviceOfTheHostHasARootPortOfItsOwn() throws Exception {
        VmSpec spec =
                Specs.of(
                        RUN,
                        KERNEL,
                        List.of(new VmDevice.HostPci("pci-7", "0000:01:00.0")),
                        AgentTransport.VIRTIO_SERIAL,
                        List.of());
        assertThat(lines(spec, TCG))
                .containsSubsequence(
                        "-device pcie-root-port,id=port-pci-7,bus=pcie.0,addr=0x5,chassis=69,slot=69",
                        "-device vfio-pci,id=host-pci-7,host=0000:01:00.0,bus=port-pci-7");
        assertThat(placement(spec).inherited().files()).isEmpty();
    }

    @Test
    void hybridVsockGoesThroughADaemon() throws Exception {
        assertThat(lines(spec(AgentTransport.HYBRID_VSOCK), KVM))
                .containsSubsequence(
                        "-chardev socket,id=vsock,fd=%fd:vsock-daemon%",
                        "-device vhost-user-vsock-pci,id=vsock-dev,bus=pcie.0,addr=0x3"
                                + ",chardev=vsock")
                .anyMatch(line -> line.contains(" agent.vsock_peers=host"));
    }

    @Test
    void aRootImageIsTheFirstDisk(@TempDir Path directory) throws Exception {
        Path image = RawImages.partitioned(directory.resolve("kata.img"), RawImages.ext4());
        VmSpec plain =
                Specs.of(
                        RUN,
                        KERNEL,
                        List.of(
                                new VmDevice.Block("data", Path.of("/dev/null"), false),
                                new VmDevice.Block("more", image, true)),
                        AgentTransport.VIRTIO_SERIAL,
                        List.of());
        List<String> lines = lines(Specs.withImage(plain, image(image, ImageDevice.DISK)), TCG);
        assertThat(lines)
                .containsSubsequence(
                        "-blockdev driver=raw,node-name=disk-image,read-only=on,file.driver=file"
                                + ",file.filename=/dev/fdset/1,file.locking=off",
                        "-device virtio-blk-pci,id=disk-image-dev,bus=pcie.0,addr=0x4"
                                + ",disable-legacy=on,drive=disk-image,serial=image",
                        "-blockdev driver=raw,node-name=disk-data,read-only=off"
                                + ",file.driver=host_device,file.filename=/dev/fdset/2",
                        "-device virtio-blk-pci,id=disk-data-dev,bus=pcie.0,addr=0x5"
                                + ",disable-legacy=on,drive=disk-data,serial=data",
                        "-device virtio-blk-pci,id=disk-more-dev,bus=pcie.0,addr=0x6"
                                + ",disable-legacy=on,drive=disk-more,serial=more");
        assertThat(lines)
                .contains(
                        "-add-fd fd=%fd:disk-image%,set=1,opaque=" + image,
                        "-add-fd fd=%fd:disk-data%,set=2,opaque=/dev/null",
                        "-add-fd fd=%fd:disk-more%,set=3,opaque=" + image);
        assertThat(
                        placement(Specs.withImage(plain, image(image, ImageDevice.DISK)))
                                .inherited()
                                .files())
                .containsExactly(
                        new InheritedFile("disk-image", image, Placement.Access.READ_ONLY),
                        new InheritedFile(
                                "disk-data", Path.of("/dev/null"), Placement.Access.READ_WRITE),
                        new InheritedFile("disk-more", image, Placement.Access.READ_ONLY));
        assertThat(lines.getLast())
                .startsWith("-append ")
                .contains(" root=/dev/vda1 rootfstype=ext4 ro ")
                .doesNotContain("ramfs");
    }

    private static VmSpec.RootImage image(Path path, ImageDevice device) {
        return new VmSpec.RootImage(path, device, "ext4", Optional.empty());
    }

    @Test
    void anImageAsNvdimmIsMemoryThatNobodyWritesTo(@TempDir Path directory) throws Exception {
        Path image = RawImages.file(directory.resolve("whole.img"), RawImages.erofs());
        VmSpec spec =
                Specs.withImage(
                        Specs.withRoom(spec(AgentTransport.VIRTIO_SERIAL), 1, 1024),
                        image(image, ImageDevice.NVDIMM));
        List<String> lines = lines(spec, TCG);
        assertThat(lines)
                .contains(
                        "-machine q35,memory-backend=memory,smbus=off,sata=off,usb=off,vmport=off"
                                + ",i8042=off,smm=off,nvdimm=on",
                        // 128 MiB that hold the image, and as much to align it in.
                        "-m 64M,slots=1,maxmem=1344M")
                .containsSubsequence(
                        "-object memory-backend-file,id=image,mem-path="
                                + image
                                + ",size=8388608,share=on,readonly=on",
                        "-device nvdimm,id=image-dev,memdev=image,unarmed=on");
        assertThat(lines.getLast()).contains(" root=/dev/pmem0 rootfstype=erofs ro ");
        assertThat(placement(spec).inherited().files()).isEmpty();
        assertThat(ConfinedRoot.of(spec, false)).contains(image);
    }

    @Test
    void anImageAsVirtioPmemHasAPlaceOnTheBus(@TempDir Path directory) throws Exception {
        Path image = RawImages.partitioned(directory.resolve("kata.img"), RawImages.xfs());
        VmSpec spec =
                Specs.withImage(spec(AgentTransport.VIRTIO_SERIAL), image(image, ImageDevice.PMEM));
        assertThat(lines(spec, TCG))
                .contains(
                        "-m 64M,maxmem=320M",
                        "-device virtio-pmem-pci,id=image-dev,bus=pcie.0,addr=0x4,disable-legacy=on"
                                + ",memdev=image")
                .anySatisfy(
                        line -> assertThat(line).contains(" root=/dev/pmem0p1 rootfstype=xfs ro "));
    }

    @Test
    void anImageThatIsToBeMemoryHasASuitableSize(@TempDir Path directory) throws Exception {
        Path image = Files.write(directory.resolve("odd.img"), new byte[4096]);
        VmSpec spec =
                Specs.withImage(
                        spec(AgentTransport.VIRTIO_SERIAL), image(image, ImageDevice.NVDIMM));
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(() -> lines(spec, TCG))
                .withMessageContaining(image + " has 4096 bytes (expected: a multiple of 2 MiB")
                .withMessageContaining("disable_image_nvdimm = true");
    }

    @Test
    void anImageWithHashesIsCheckedByTheGuestsKernel(@TempDir Path directory) throws Exception {
        Path image = RawImages.partitioned(directory.resolve("kata.img"), RawImages.ext4());
        VmSpec.Verity verity =
                new VmSpec.Verity("ab".repeat(32), "cd".repeat(32), 1000, 4096, 4096);
        for (ImageDevice device : ImageDevice.values()) {
            String disk = device == ImageDevice.DISK ? "/dev/vda" : "/dev/pmem0p";
            VmSpec spec =
                    Specs.withImage(
                            spec(AgentTransport.VIRTIO_SERIAL),
                            new VmSpec.RootImage(image, device, "ext4", Optional.of(verity)));
            assertThat(lines(spec, TCG).getLast())
                    .contains(
                            " dm-mod.create=\"root,,,ro,0 8000 verity 1 "
                                    + disk
                                    + "1 "
                                    + disk
                                    + "2 4096 4096 1000 0 sha256 "
                                    + "ab".repeat(32)
                                    + " "
                                    + "cd".repeat(32)
                                    + "\" root=/dev/dm-0 rootfstype=ext4 ro ");
        }
    }

    @Test
    void devicesBeyondTheBusAreRefused() {
        List<VmDevice> devices = new ArrayList<>();
        for (int i = 1; i <= 27; i++) {
            devices.add(new VmDevice.Block("d" + i, KERNEL, true));
        }
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(
                        () ->
                                lines(
                                        Specs.of(
                                                RUN,
                                                KERNEL,
                                                devices,
                                                AgentTransport.VIRTIO_SERIAL,
                                                List.of()),
                                        TCG))
                .withMessage("device d27: no PCI slot left (expected: at most 26 devices)");
    }

    @Test
    void placesForCardsThatComeLaterAreAtTheEndOfTheBus() throws Exception {
        VmSpec plain = spec(AgentTransport.VIRTIO_SERIAL);
        assertThat(lines(plain, TCG)).noneMatch(line -> line.contains("pcie-root-port"));
        assertThat(lines(Specs.withPlugSlots(plain, 2), TCG))
                .containsSubsequence(
                        "-device pcie-root-port,id=plug0,bus=pcie.0,addr=0x1e,chassis=1,slot=1"
                                + ",io-reserve=0",
                        "-device pcie-root-port,id=plug1,bus=pcie.0,addr=0x1d,chassis=2,slot=2"
                                + ",io-reserve=0");
        assertThat(lines(Specs.withPlugSlots(plain, 1, 1), TCG))
                .as("those for disks are behind them")
                .containsSubsequence(
                        "-device pcie-root-port,id=plug0,bus=pcie.0,addr=0x1e,chassis=1,slot=1"
                                + ",io-reserve=0",
                        "-device pcie-root-port,id=disk0,bus=pcie.0,addr=0x1d,chassis=2,slot=2"
                                + ",io-reserve=0");
        List<VmDevice> devices = new ArrayList<>();
        for (int i = 1; i <= 25; i++) {
            devices.add(new VmDevice.Block("d" + i, KERNEL, true));
        }
        VmSpec full = Specs.of(RUN, KERNEL, devices, AgentTransport.VIRTIO_SERIAL, List.of());
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(() -> lines(Specs.withPlugSlots(full, 2), TCG))
                .withMessage("device d25: no PCI slot left (expected: at most 24 devices)");
    }

    @Test
    void whatQemuOpensByNameIsShownToIt() throws Exception {
        VmSpec spec = spec(AgentTransport.VIRTIO_SERIAL);
        assertThat(ConfinedRoot.of(Specs.withVmm(spec, Path.of("/opt/kata/bin/qemu")), true))
                .containsExactly(Path.of("/opt/kata"), Path.of("/dev/kvm"), KERNEL);
        assertThat(ConfinedRoot.of(Specs.withVmm(spec, Path.of("/srv/vm/qemu")), false))
                .containsExactly(Path.of("/srv/vm/qemu"), KERNEL);
        assertThat(ConfinedRoot.of(Path.of("/bin/qemu"), false))
                .as("not the host's whole root")
                .containsExactly(Path.of("/bin/qemu"));
    }

    @Test
    void theShareIsConnectedAndTheHandoverListensWhereCardsMayCome() {
        VmSpec spec =
                Specs.of(
                        RUN,
                        KERNEL,
                        List.of(
                                new VmDevice.VirtioFs(
                                        "kataShared", RUN.resolve("virtiofs.sock"), 1024, 0)),
                        AgentTransport.VIRTIO_SERIAL,
                        List.of());
        assertThat(placement(spec).inherited().connections())
                .containsExactly(
                        new Placement.InheritedConnection(
                                "share-kataShared", RUN.resolve("virtiofs.sock")));
        assertThat(VmSockets.in(RUN).inherited(spec)).hasSize(3);
        assertThat(VmSockets.in(RUN).inherited(Specs.withPlugSlots(spec, 1)))
                .anyMatch(socket -> socket.path().endsWith("handover.sock"));
    }

    private static Placement placement(VmSpec spec) {
        return VmDescriptors.placement(
                spec, VmSockets.in(RUN), Placement.confined(List.of(KERNEL)));
    }

    private static VmSpec spec(AgentTransport transport) {
        return Specs.of(RUN, KERNEL, List.of(), transport, List.of());
    }

    /** The command line, a switch and its value a line. */
    private static List<String> lines(VmSpec spec, Execution execution)
            throws HypervisorFailure, IOException {
        List<String> lines = new ArrayList<>();
        for (String word : MachineArguments.of(spec, execution, 0xffff_fffa).words()) {
            if (word.startsWith("-") || lines.isEmpty()) {
                lines.add(word);
            } else {
                lines.set(lines.size() - 1, lines.getLast() + " " + word);
            }
        }
        return lines;
    }
}
