"""What only a machine of its own can show."""

import json
import os
import random
import socket
import subprocess
import sys
import unittest

from agent import agent_pb2, oci_pb2, types_pb2
from fixture import entries, process, spec
from ttrpc_client import Disconnected, FAILED_PRECONDITION, INTERNAL
import vm_reader
from vm_fixture import BOOT_LIMIT, VmTest


def size(file: str) -> int:
    return os.path.getsize(file) if os.path.exists(file) else 0


class Guest(VmTest):
    def test_it_is_the_first_process(self):
        self.assertTrue(self.call("GetGuestDetails").agent_details.init_daemon)

    def test_a_container_runs_in_it(self):
        cid = self.run_container("sh", "-c", "echo $$; hostname; id -u; exit 3")
        self.assertEqual(self.read_all(cid), b"1\npod\n0\n")
        self.assertEqual(self.wait(cid), 3)
        self.remove(cid)

    def test_the_guest_itself_has_the_name_servers_of_the_sandbox(self):
        what = spec(process("cat", "/tmp/resolv.conf"), self.rootfs)
        what.Mounts.append(oci_pb2.Mount(destination="/tmp/resolv.conf", source="/etc/resolv.conf", type="bind", options=["bind"]))
        self.call("CreateContainer", container_id="dns", OCI=what)
        self.call("StartContainer", container_id="dns")
        self.assertEqual(self.read_all("dns").decode(), self.NAME_SERVER + "\n")
        self.remove("dns")

    def test_the_guests_own_root_is_out_of_reach(self):
        cid = self.run_container("sleep", "1000")
        # A container that had only been confined by chroot would see the mounts of the guest.
        mounts = self.output_of(cid, "cat", "/proc/1/mountinfo")
        self.assertNotIn("rootfs rootfs", mounts)
        self.assertNotIn("/run/kata-containers/shared/containers ", mounts)
        self.remove(cid)

    def test_memory_limit_oom_event_and_figures(self):
        resources = oci_pb2.LinuxResources(Memory=oci_pb2.LinuxMemory(Limit=32 << 20))
        cid = self.run_container("sh", "-c", "read x; tail /dev/zero", Resources=resources)
        stats = self.call("StatsContainer", container_id=cid).cgroup_stats
        self.assertEqual(stats.memory_stats.usage.limit, 32 << 20)
        self.assertGreater(stats.memory_stats.usage.usage, 0)
        self.assertIn("anon", [line.key for line in stats.memory_stats.stats])
        self.assertGreaterEqual(stats.pids_stats.current, 1)
        self.assertEqual([each.resource for each in stats.pressure], ["cpu", "memory", "io"])
        event = self.client.begin("GetOOMEvent")
        self.call("WriteStdin", container_id=cid, data=b"go\n")
        self.assertEqual(self.client.end(event).container_id, cid)
        self.assertEqual(self.wait(cid), 137)
        lines = self.call("StatsContainer", container_id=cid).cgroup_stats.memory_stats.stats
        self.assertEqual([line.value for line in lines if line.key == "oom_kill"], [1])
        self.remove(cid)

    def test_limits_can_be_changed(self):
        cid = self.run_container("sleep", "1000")
        changed = oci_pb2.LinuxResources(
            Memory=oci_pb2.LinuxMemory(Limit=48 << 20), CPU=oci_pb2.LinuxCPU(Quota=50000, Period=100000, Shares=512)
        )
        self.call("UpdateContainer", container_id=cid, resources=changed)
        stats = self.call("StatsContainer", container_id=cid).cgroup_stats
        self.assertEqual(stats.memory_stats.usage.limit, 48 << 20)
        self.remove(cid)

    def test_devices_beyond_the_usual_ones_cannot_be_opened(self):
        what = process("sh", "-c", "exec 2>&1; mknod /dev/serial c 4 64 && echo x >/dev/serial; head -c 1 /dev/zero | wc -c")
        for kind in (what.Capabilities.Bounding, what.Capabilities.Effective, what.Capabilities.Permitted):
            kind.append("CAP_MKNOD")
        cid = self.create_process(what)
        self.call("StartContainer", container_id=cid)
        text = self.read_all(cid)
        self.assertIn(b"/dev/serial: Operation not permitted", text)
        self.assertTrue(text.endswith(b"\n1\n"), text)
        self.remove(cid)

    def test_seccomp_is_applied(self):
        profile = oci_pb2.LinuxSeccomp(
            DefaultAction="SCMP_ACT_ALLOW",
            Architectures=["SCMP_ARCH_X86_64"],
            Syscalls=[oci_pb2.LinuxSyscall(Names=["getuid"], Action="SCMP_ACT_ERRNO", errnoret=38)],
        )
        cid = self.run_container("grep", "Seccomp:", "/proc/self/status", Seccomp=profile)
        self.assertEqual(self.read_all(cid).split(), [b"Seccomp:", b"2"])
        self.remove(cid)

    def test_pause_and_resume(self):
        cid = self.run_container("sh", "-c", "while read line; do echo $line; done")
        self.call("PauseContainer", container_id=cid)
        self.fails(FAILED_PRECONDITION, "ExecProcess", container_id=cid, exec_id="frozen", process=process("true"))
        self.call("WriteStdin", container_id=cid, data=b"word\n")
        read = self.client.begin("ReadStdout", container_id=cid, len=100)
        self.assertFalse(self.client.is_answered(read, 1))
        self.call("ResumeContainer", container_id=cid)
        self.assertEqual(self.client.end(read).data, b"word\n")
        self.remove(cid)

    def test_a_command_that_does_not_exist(self):
        text = self.fails(INTERNAL, "CreateContainer", container_id="bad", OCI=spec(process("nothing-here"), self.rootfs))
        self.assertIn("not found in $PATH", text)

    def test_a_terminal(self):
        cid = self.run_container("sh", "-c", "stty size; tty", terminal=True)
        self.assertIn(b"/dev/", self.read_all(cid))
        self.assertEqual(self.wait(cid), 0)
        self.remove(cid)

    def test_large_output_arrives_whole(self):
        cid = self.run_container("sh", "-c", "yes 0123456789abcde | head -c 8388608")
        self.assertEqual(self.read_all(cid, length=1 << 20), b"0123456789abcde\n" * (1 << 19))
        self.remove(cid)

    def test_a_host_that_comes_back_finds_everything(self):
        cid = self.run_container("cat")
        self.client.begin("ReadStdout", container_id=cid, len=100)
        self.client.begin("WaitProcess", container_id=cid)
        # half a frame, which must not spoil the next peer's first one
        self.client.socket.sendall(b"\x00\x00\x10\x00\x00\x00\x01\x01\x01\x00 and then nothing")
        self.client.close()
        type(self).client = self.reconnect()
        self.assertEqual(self.call("Check").status, 1)
        self.call("WriteStdin", container_id=cid, data=b"mine")
        self.assertEqual(self.call("ReadStdout", container_id=cid, len=100).data, b"mine")
        self.remove(cid)

    def test_a_reader_that_is_killed_again_and_again_loses_no_byte_and_gets_none_twice(self):
        """Each one goes on behind what the file holds, whatever of the one before was on its way."""
        kills, lines = int(os.environ.get("READER_KILLS", "10")), int(os.environ.get("READER_LINES", "500000"))
        cid = self.run_container("seq", "1", str(lines))
        self.client.close()
        file = f"{self.directory}/lines"
        chance = random.Random(kills)
        most = 7 * lines // (2 * kills)  # so that the last one has something to do
        for _ in range(kills):
            with subprocess.Popen([sys.executable, vm_reader.__file__, self.path, cid, file]) as reader:
                wanted = size(file) + chance.randrange(most)
                self.until(lambda wanted=wanted: size(file) > wanted, f"the reader reads no {wanted} bytes")
                reader.kill()
        subprocess.run([sys.executable, vm_reader.__file__, self.path, cid, file], check=True, timeout=BOOT_LIMIT)
        with open(file, encoding="ascii") as read:
            wrong = next((f"{line!r} instead of {i}" for i, line in enumerate(read, 1) if line != f"{i}\n"), "")
        self.assertEqual(wrong, "")
        type(self).client = self.reconnect()
        vm_reader.synchronize(self.client)
        self.assertEqual(size(file), sum(len(f"{i}\n") for i in range(1, lines + 1)))
        self.assertEqual(self.wait(cid), 0)
        self.remove(cid)

    def test_the_agent_is_small(self):
        metrics = dict(line.rsplit(" ", 1) for line in self.call("GetMetrics").metrics.splitlines() if line[0] != "#")
        self.assertLess(int(metrics["kata_agent_process_resident_memory_bytes"]), 4 << 20)

    def test_limits_that_the_guest_does_not_know(self):
        """What a container manager sends by the host's looks: huge pages of sizes the guest has not, weights of a scheduler it has not."""
        resources = oci_pb2.LinuxResources(
            Pids=oci_pb2.LinuxPids(Limit=50),
            BlockIO=oci_pb2.LinuxBlockIO(Weight=100),
            HugepageLimits=[oci_pb2.LinuxHugepageLimit(Pagesize=size, Limit=0) for size in ("2MB", "1GB", "16GB")],
            Memory=oci_pb2.LinuxMemory(Limit=64 << 20, Swap=64 << 20),
        )
        cid = self.run_container("sleep", "1000", Resources=resources)
        self.assertEqual(self.call("StatsContainer", container_id=cid).cgroup_stats.pids_stats.limit, 50)
        self.call("UpdateContainer", container_id=cid, resources=resources)
        self.remove(cid)

    def in_cgroup(self, cid, path, resources=None, pod=None):
        what = spec(process("sleep", "1000"), self.rootfs, CgroupsPath=path, Resources=resources)
        what.Mounts.append(oci_pb2.Mount(destination="/sys/fs/cgroup", source="cgroup", type="cgroup", options=["ro"]))
        self.call("CreateContainer", container_id=cid, exec_id=cid, OCI=what, pod_resources=pod)
        self.call("StartContainer", container_id=cid)

    def limits_of(self, cid):
        files = ("memory.max memory.low memory.swap.max memory.oom.group cpu.max cpu.weight cpu.max.burst cpuset.cpus cpuset.mems pids.max "
                 "io.weight").split()
        text = self.output_of(cid, "sh", "-c", f"cd /sys/fs/cgroup && for f in {' '.join(files)}; do echo $f $(cat $f); done")
        return dict(line.partition(" ")[::2] for line in text.splitlines())

    def test_every_limit_is_in_a_file_of_the_containers_cgroup(self):
        resources = oci_pb2.LinuxResources(
            Memory=oci_pb2.LinuxMemory(Limit=64 << 20, Swap=96 << 20, Reservation=16 << 20),
            CPU=oci_pb2.LinuxCPU(Shares=2048, Quota=50000, Period=200000, Cpus="0", Mems="0"),
            Pids=oci_pb2.LinuxPids(Limit=50),
            BlockIO=oci_pb2.LinuxBlockIO(Weight=500),
            Unified=entries({"memory.oom.group": "1", "cpu.max.burst": "10000"}),
        )
        cid = "limits"
        self.in_cgroup(cid, "/pods/pod1/limits", resources)
        told = {
            "memory.max": str(64 << 20), "memory.low": str(16 << 20), "memory.swap.max": str(32 << 20), "memory.oom.group": "1",
            "cpu.max": "50000 200000", "cpu.weight": "79", "cpu.max.burst": "10000", "cpuset.cpus": "0", "cpuset.mems": "0",
            "pids.max": "50", "io.weight": "default 4950",
        }
        self.assertEqual(self.limits_of(cid), told)
        # Of quota and period an update may tell one alone; no limit is a limit too.
        self.call("UpdateContainer", container_id=cid, resources=oci_pb2.LinuxResources(CPU=oci_pb2.LinuxCPU(Quota=60000)))
        self.assertEqual(self.limits_of(cid)["cpu.max"], "60000 200000")
        self.call("UpdateContainer", container_id=cid, resources=oci_pb2.LinuxResources(CPU=oci_pb2.LinuxCPU(Period=100000)))
        self.assertEqual(self.limits_of(cid)["cpu.max"], "60000 100000")
        none = oci_pb2.LinuxResources(
            CPU=oci_pb2.LinuxCPU(Quota=-1), Pids=oci_pb2.LinuxPids(Limit=-1), Memory=oci_pb2.LinuxMemory(Limit=-1))
        self.call("UpdateContainer", container_id=cid, resources=none)
        changed = self.limits_of(cid)
        self.assertEqual([changed[f] for f in ("cpu.max", "pids.max", "memory.max")], ["max 100000", "max", "max"])
        self.assertEqual(changed["cpu.weight"], "79")
        self.remove(cid)

    def test_a_pods_limits_hold_for_its_containers_in_sum(self):
        limits = oci_pb2.LinuxResources(
            Memory=oci_pb2.LinuxMemory(Limit=48 << 20), CPU=oci_pb2.LinuxCPU(Quota=50000), Pids=oci_pb2.LinuxPids(Limit=7))
        cids = ["pod2a", "pod2b"]
        for cid in cids:
            self.in_cgroup(cid, f"/pods/pod2/{cid}", pod=limits)
        many = ("sh", "-c", "for i in 1 2 3 4 5 6 7; do sleep 100 >/dev/null 2>&1 & done")
        exec_id = self.execute(cids[0], *many)
        self.assertIn(b"fork", self.read_all(cids[0], exec_id, "ReadStderr"))
        self.assertNotEqual(self.wait(cids[0], exec_id), 0)
        more = oci_pb2.LinuxResources(Pids=oci_pb2.LinuxPids(Limit=-1))
        self.call("UpdateContainer", container_id=cids[0], resources=oci_pb2.LinuxResources(), pod_resources=more)
        self.output_of(cids[0], *many)
        exec_id = self.execute(cids[1], "tail", "/dev/zero")
        self.assertEqual(self.wait(cids[1], exec_id), 137)
        for cid in cids:
            self.remove(cid)

    def test_a_paused_container_can_be_killed_and_removed(self):
        cid = self.run_container("sleep", "1000")
        self.call("PauseContainer", container_id=cid)
        self.call("SignalProcess", container_id=cid, exec_id=cid, signal=9)
        self.assertEqual(self.wait(cid), 137)
        self.remove(cid)

    def test_parameters_of_the_shared_namespaces(self):
        cid = self.run_container("cat", "/proc/sys/kernel/shmmax", Sysctl=entries({"kernel.shmmax": "1234567"}))
        self.assertEqual(self.read_all(cid), b"1234567\n")
        self.remove(cid)


class Hotplug(VmTest):
    """A root port for a disk and one for a network card, plugged in while the guest runs."""

    @staticmethod
    def devices(directory):
        with open(f"{directory}/disk", "wb") as disk:
            disk.truncate(16 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", f"{directory}/disk"], check=True)
        return [
            "-qmp", f"unix:{directory}/qmp,server=on,wait=off",
            "-device", "pcie-root-port,id=port0,bus=pcie.0,addr=0x8,chassis=1",
            "-device", "pcie-root-port,id=port1,bus=pcie.0,addr=0x9,chassis=2",
            "-blockdev", f"driver=file,filename={directory}/disk,node-name=disk0",
            "-netdev", "hubport,id=net0,hubid=0",
        ]  # fmt: skip

    def qmp(self, command, **arguments):
        if not hasattr(type(self), "monitor"):
            type(self).monitor = socket.socket(socket.AF_UNIX)
            self.monitor.connect(f"{self.directory}/qmp")
            self.addClassCleanup(self.monitor.close)
            type(self).replies = self.monitor.makefile()
            self.addClassCleanup(self.replies.close)
            self.qmp("qmp_capabilities")
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            reply = json.loads(self.replies.readline())
            if "return" in reply or "error" in reply:
                self.assertIn("return", reply, reply)
                return

    def test_a_disk_that_comes_later_becomes_a_volume(self):
        point = "/run/kata-containers/sandbox/storage/volume"
        storage = agent_pb2.Storage(driver="blk", source="08/00", fstype="ext4", mount_point=point)
        what = spec(process("sh", "-c", "mount | grep /volume; ls -l /dev/disk"), self.rootfs)
        what.Mounts.append(oci_pb2.Mount(destination="/volume", source=point, type="bind", options=["rbind"]))
        what.Linux.Devices.append(oci_pb2.LinuxDevice(Path="/dev/disk", Type="b", Major=7, Minor=77))
        device = agent_pb2.Device(type="blk", id="08/00", container_path="/dev/disk")
        pending = self.client.begin("CreateContainer", container_id="disk", storages=[storage], devices=[device], OCI=what)
        self.assertFalse(self.client.is_answered(pending, 0.5))
        self.qmp("device_add", driver="virtio-blk-pci", drive="disk0", bus="port0", id="d0")
        self.client.end(pending)
        self.call("StartContainer", container_id="disk")
        text = self.read_all("disk").decode()
        self.assertIn("ext4", text)
        self.assertRegex(text, r"brw.* 25[0-9], +0 .*/dev/disk")
        self.remove("disk")

    def test_a_network_card_that_comes_later_is_set_up(self):
        mac = "02:00:00:00:00:09"
        interface = types_pb2.Interface(
            name="eth0", hwAddr=mac, devicePath="09/00", IPAddresses=[types_pb2.IPAddress(address="10.0.0.9", mask="24")]
        )
        pending = self.client.begin("UpdateInterface", interface=interface)
        self.assertFalse(self.client.is_answered(pending, 0.5))
        self.qmp("device_add", driver="virtio-net-pci", netdev="net0", bus="port1", id="n0", mac=mac)
        self.client.end(pending)
        listed = {i.name: i for i in self.call("ListInterfaces").Interfaces}
        self.assertEqual(listed["eth0"].hwAddr, mac)
        self.assertIn("10.0.0.9", [a.address for a in listed["eth0"].IPAddresses])


class End(VmTest):
    def test_destroying_the_sandbox_switches_the_machine_off(self):
        self.run_container("sleep", "1000")
        try:
            self.call("DestroySandbox")
        except (Disconnected, ConnectionResetError):
            pass  # the machine may be gone before its answer is
        self.assertEqual(self.qemu.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
