"""What only a machine of its own can show."""

import time
import unittest

from agent import oci_pb2
from fixture import process, spec
from ttrpc_client import Disconnected, FAILED_PRECONDITION, INTERNAL
from vm_fixture import VmTest


class Guest(VmTest):
    def test_it_is_the_first_process(self):
        self.assertTrue(self.call("GetGuestDetails").agent_details.init_daemon)

    def test_a_container_runs_in_it(self):
        cid = self.run_container("sh", "-c", "echo $$; hostname; id -u; exit 3")
        self.assertEqual(self.read_all(cid), b"1\npod\n0\n")
        self.assertEqual(self.wait(cid), 3)
        self.remove(cid)

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
        self.assertIn("anon", stats.memory_stats.stats)
        self.assertGreaterEqual(stats.pids_stats.current, 1)
        event = self.client.begin("GetOOMEvent")
        self.call("WriteStdin", container_id=cid, data=b"go\n")
        self.assertEqual(self.client.end(event).container_id, cid)
        self.assertEqual(self.wait(cid), 137)
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

    def test_the_agent_is_small(self):
        metrics = dict(line.rsplit(" ", 1) for line in self.call("GetMetrics").metrics.splitlines() if line[0] != "#")
        self.assertLess(int(metrics["kata_agent_process_resident_memory_bytes"]), 4 << 20)


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
