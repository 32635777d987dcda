import time
import unittest

from fixture import AgentTest, process, spec
from ttrpc_client import ALREADY_EXISTS, FAILED_PRECONDITION, INTERNAL, INVALID_ARGUMENT, NOT_FOUND, Status


class ContainerLife(AgentTest):
    def setUp(self):
        super().setUp()
        self.sandbox()

    def test_output_and_exit_code_of_a_program_that_ends_at_once(self):
        cid = self.run_container("sh", "-c", "echo out; echo err >&2; exit 7")
        self.assertEqual(self.read_all(cid), b"out\n")
        self.assertEqual(self.read_all(cid, method="ReadStderr"), b"err\n")
        self.assertEqual(self.wait(cid), 7)
        self.remove(cid)
        self.fails(INVALID_ARGUMENT, "WaitProcess", container_id=cid)

    def test_nothing_runs_before_start(self):
        cid = self.create("echo", "started")
        pending = self.client.begin("ReadStdout", container_id=cid, len=100)
        self.assertFalse(self.client.is_answered(pending, 0.3))
        self.call("StartContainer", container_id=cid)
        self.assertEqual(self.client.end(pending).data, b"started\n")
        self.fails(FAILED_PRECONDITION, "StartContainer", container_id=cid)

    def test_a_command_that_does_not_exist_fails_the_creation(self):
        text = self.fails(INTERNAL, "CreateContainer", container_id="bad", exec_id="bad", OCI=spec(process("no-such-program")))
        self.assertIn("no-such-program", text)
        self.assertIn("not found in $PATH", text)
        # and leaves nothing behind
        self.call("CreateContainer", container_id="bad", exec_id="bad", OCI=spec(process("true")))

    def test_an_id_is_taken_until_its_container_is_removed(self):
        cid = self.run_container("sleep", "100")
        self.fails(ALREADY_EXISTS, "CreateContainer", container_id=cid, exec_id=cid, OCI=spec(process("true")))
        self.remove(cid)
        self.call("CreateContainer", container_id=cid, exec_id=cid, OCI=spec(process("true")))

    def test_ids_that_could_be_paths_are_refused(self):
        for cid in ("", "x", "../x", "a/b", ".hidden", "a" * 129, "a\nb"):
            self.fails(INVALID_ARGUMENT, "CreateContainer", container_id=cid, exec_id=cid, OCI=spec(process("true")))

    def test_a_request_without_its_parts_is_refused(self):
        self.fails(INVALID_ARGUMENT, "CreateContainer", container_id="cc")
        self.fails(INVALID_ARGUMENT, "CreateContainer", container_id="cc", OCI=spec(process()))
        self.fails(INVALID_ARGUMENT, "CreateContainer", container_id="cc", OCI=spec(process("true"), rootfs="relative"))

    def test_removal_kills_what_runs(self):
        cid = self.run_container("sleep", "100")
        exec_id = self.execute(cid, "sleep", "100")
        wait = self.client.begin("WaitProcess", container_id=cid, exec_id=exec_id)
        self.remove(cid)
        self.assertEqual(self.client.end(wait).status, 137)

    def test_containers_share_host_name_and_ipc(self):
        one = self.run_container("sleep", "100")
        two = self.run_container("sleep", "100")
        self.assertEqual(self.output_of(one, "hostname"), "pod\n")
        for namespace in ("ipc", "uts"):
            names = {self.output_of(cid, "readlink", f"/proc/1/ns/{namespace}") for cid in (one, two)}
            self.assertEqual(len(names), 1)
        pids = {self.output_of(cid, "readlink", "/proc/1/ns/pid") for cid in (one, two)}
        self.assertEqual(len(pids), 2)

    def sees(self, cid, program):
        """StartContainer is answered before crun has become the program."""
        deadline = time.monotonic() + 10
        while program not in (shown := self.output_of(cid, "ps")):
            self.assertLess(time.monotonic(), deadline, f"no {program!r} in {shown}")
            time.sleep(0.02)

    def test_containers_can_share_the_sandboxs_pid_namespace(self):
        """Without a pause container, which would have it: it outlives each of them."""
        first = self.create_process(process("sleep", "100"), sandbox_pidns=True)
        self.call("StartContainer", container_id=first)
        second = self.create_process(process("sleep", "101"), sandbox_pidns=True)
        self.call("StartContainer", container_id=second)
        self.sees(first, "sleep 101")
        self.sees(second, "sleep 100")
        self.remove(first)
        self.assertNotIn("sleep 100", self.output_of(second, "ps"))
        third = self.create_process(process("sleep", "102"), sandbox_pidns=True)
        self.call("StartContainer", container_id=third)
        self.sees(second, "sleep 102")
        self.assertEqual(self.output_of(third, "sh", "-c", "cat /proc/1/comm; ls /proc/1/root/ 2>/dev/null | wc -l"), "pause\n0\n")
        self.remove(second)
        self.remove(third)

    def test_a_pause_container_has_the_sandboxs_pid_namespace(self):
        pause = self.run_container("sleep", "100")
        member = self.create_process(process("sleep", "101"), sandbox_pidns=True)
        self.call("StartContainer", container_id=member)
        self.sees(member, "sleep 100")
        self.remove(member)
        self.remove(pause)

    def test_a_container_can_be_put_into_the_pid_namespace_of_any_other(self):
        first = self.run_container("sleep", "100")
        target = self.run_container("sleep", "101")
        debugger = self.run_container("sleep", "102", pid_namespace=target)
        self.sees(debugger, "sleep 101")
        self.sees(target, "sleep 102")
        self.assertNotIn("sleep 100", self.output_of(debugger, "ps"))
        self.assertNotIn("sleep 102", self.output_of(first, "ps"))
        self.remove(target)
        self.assertEqual(self.wait(debugger), 137)

    def test_the_pid_namespace_of_nobody_is_refused(self):
        oci = spec(process("true"), self.rootfs, pid_namespace="nobody")
        error = self.fails(INTERNAL, "CreateContainer", container_id="nobodys", exec_id="nobodys", OCI=oci)
        self.assertIn("pid namespace: container that was named", error)

    def test_twenty_containers_at_once(self):
        ids = [f"many{i}" for i in range(20)]
        created = [self.client.begin("CreateContainer", container_id=i, exec_id=i, OCI=spec(process("echo", i))) for i in ids]
        for pending in created:
            self.client.end(pending)
        for pending in [self.client.begin("StartContainer", container_id=i) for i in ids]:
            self.client.end(pending)
        for i in ids:
            self.assertEqual(self.read_all(i), f"{i}\n".encode())
            self.assertEqual(self.wait(i), 0)
        for pending in [self.client.begin("RemoveContainer", container_id=i) for i in ids]:
            self.client.end(pending)

    def test_a_creation_whose_caller_goes_is_undone(self):
        other = self.connect()
        other.begin("CreateContainer", container_id="orphan", exec_id="orphan", OCI=spec(process("true")))
        other.close()
        # The id is free again once the half-made container has been taken back.
        until = time.monotonic() + 20
        while True:
            try:
                self.call("CreateContainer", container_id="orphan", exec_id="orphan", OCI=spec(process("true")))
                break
            except Status as refused:
                self.assertEqual(refused.code, ALREADY_EXISTS, refused)
                self.assertLess(time.monotonic(), until, "the container of a caller that went is still there")
                time.sleep(0.01)

    def test_destroying_the_sandbox_ends_everything_and_the_agent(self):
        cid = self.run_container("sleep", "100")
        wait = self.client.begin("WaitProcess", container_id=cid)
        self.call("DestroySandbox")
        self.assertEqual(self.client.end(wait).status, 137)
        self.assertEqual(self.agent.wait(10), 0)


class Exec(AgentTest):
    def setUp(self):
        super().setUp()
        self.sandbox()
        self.cid = self.run_container("sleep", "1000")

    def test_output_and_exit_code(self):
        exec_id = self.execute(self.cid, "sh", "-c", "echo hello; exit 3")
        self.assertEqual(self.read_all(self.cid, exec_id), b"hello\n")
        self.assertEqual(self.wait(self.cid, exec_id), 3)

    def test_a_command_that_does_not_exist_fails_the_call(self):
        text = self.fails(INTERNAL, "ExecProcess", container_id=self.cid, exec_id="x1", process=process("no-such-program"))
        self.assertIn("no-such-program", text)
        self.fails(NOT_FOUND, "WaitProcess", container_id=self.cid, exec_id="x1")

    def test_an_exec_id_is_taken_while_the_process_is_there(self):
        self.call("ExecProcess", container_id=self.cid, exec_id="same", process=process("sleep", "100"))
        self.fails(ALREADY_EXISTS, "ExecProcess", container_id=self.cid, exec_id="same", process=process("true"))
        self.call("SignalProcess", container_id=self.cid, exec_id="same", signal=9)
        self.assertEqual(self.wait(self.cid, "same"), 137)
        self.call("ExecProcess", container_id=self.cid, exec_id="same", process=process("true"))
        self.assertEqual(self.wait(self.cid, "same"), 0)

    def test_environment_directory_and_user(self):
        text = self.output_of(self.cid, "sh", "-c", "echo $WORD; pwd; id -u", env=("WORD=ä b",), cwd="/tmp", uid=1000)
        self.assertEqual(text, "ä b\n/tmp\n1000\n")

    def test_a_signal_without_an_exec_id_is_for_every_process(self):
        # Two shells: the agent knows the first, and the second is its child. The container's init ignores these signals.
        child = "trap 'echo child; exit' USR2; echo ready; while :; do sleep 0.1; done"
        script = f"trap 'exit 8' USR1; trap 'wait; exit 7' USR2; sh -c \"{child}\" & while :; do wait; done"
        exec_id = self.execute(self.cid, "sh", "-c", script)
        self.assertEqual(self.call("ReadStdout", container_id=self.cid, exec_id=exec_id, len=100).data, b"ready\n")
        self.call("SignalProcess", container_id=self.cid, exec_id=self.cid, signal=10)
        self.call("SignalProcess", container_id=self.cid, exec_id="", signal=12)
        self.assertEqual(self.read_all(self.cid, exec_id), b"child\n")
        self.assertEqual(self.wait(self.cid, exec_id), 7)

    def test_a_stopped_container_takes_none(self):
        self.call("SignalProcess", container_id=self.cid, exec_id="", signal=9)
        self.assertEqual(self.wait(self.cid), 137)
        self.fails(FAILED_PRECONDITION, "ExecProcess", container_id=self.cid, exec_id="late", process=process("true"))

    def test_many_short_ones_at_once_lose_nothing(self):
        ids = [f"short{i}" for i in range(40)]
        begun = [
            self.client.begin("ExecProcess", container_id=self.cid, exec_id=i, process=process("sh", "-c", f"echo {i}; exit 5"))
            for i in ids
        ]
        for pending in begun:
            self.client.end(pending)
        for i in ids:
            self.assertEqual(self.read_all(self.cid, i), f"{i}\n".encode())
            self.assertEqual(self.wait(self.cid, i), 5)

    def test_memory_stays_flat_over_many(self):
        def resident():
            with open(f"/proc/{self.agent.pid}/statm", encoding="ascii") as statm:
                return int(statm.read().split()[1])

        def some():
            for _ in range(60):
                exec_id = self.execute(self.cid, "true")
                self.assertEqual(self.wait(self.cid, exec_id), 0)

        some()
        before = resident()
        some()
        descriptors = len(__import__("os").listdir(f"/proc/{self.agent.pid}/fd"))
        self.assertLess(descriptors, 140)
        # The sanitizers keep freed memory back for a while; what grows without bound would be far above this.
        self.assertLess(resident() - before, 4096)


if __name__ == "__main__":
    unittest.main()
