"""The agent as a process on this machine, and containers in it."""

import itertools
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from agent import oci_pb2
from ttrpc_client import Client, Status

ROOTFS = os.environ.get("ROOTFS", "")
numbers = itertools.count(1)
CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETUID", "CAP_SETGID", "CAP_SYS_CHROOT"]


def process(*arguments: str, terminal: bool = False, env: tuple = (), cwd: str = "/", uid: int = 0) -> oci_pb2.Process:
    return oci_pb2.Process(
        Terminal=terminal,
        Args=arguments,
        Env=["PATH=/bin", *env],
        Cwd=cwd,
        User=oci_pb2.User(UID=uid),
        Capabilities=oci_pb2.LinuxCapabilities(Bounding=CAPABILITIES, Effective=CAPABILITIES, Permitted=CAPABILITIES),
    )


def spec(what: oci_pb2.Process, rootfs: str = ROOTFS, pid_namespace: str = "", **linux) -> oci_pb2.Spec:
    return oci_pb2.Spec(
        Version="1.0.2",
        Process=what,
        Root=oci_pb2.Root(Path=rootfs),
        Mounts=[
            oci_pb2.Mount(destination="/proc", source="proc", type="proc"),
            oci_pb2.Mount(destination="/dev", source="tmpfs", type="tmpfs", options=["nosuid", "mode=755", "size=65536k"]),
            oci_pb2.Mount(destination="/dev/pts", source="devpts", type="devpts", options=["newinstance", "ptmxmode=0666", "mode=0620"]),
        ],
        Linux=oci_pb2.Linux(
            Namespaces=[
                *(oci_pb2.LinuxNamespace(Type=kind) for kind in ("ipc", "uts", "mount")),
                oci_pb2.LinuxNamespace(Type="pid", Path=pid_namespace),
            ],
            **linux,
        ),
    )


def entries(values: dict[str, str]) -> list[dict[str, str]]:
    """What is a map to Kata's agents: the same on the wire, another type here."""
    return [{"key": key, "value": value} for key, value in values.items()]


class Calls(unittest.TestCase):
    """Shorthands for what the tests do with an agent, which `client` is connected to."""

    client: Client
    rootfs = ROOTFS

    def call(self, method: str, **arguments):
        return self.client.call(method, **arguments)

    def fails(self, code: int, method: str, **arguments) -> str:
        with self.assertRaises(Status) as caught:
            self.call(method, **arguments)
        self.assertEqual(caught.exception.code, code, caught.exception)
        return caught.exception.message

    def sandbox(self, **arguments) -> None:
        self.call("CreateSandbox", hostname="pod", sandbox_id="sandbox", **arguments)

    def create(self, *arguments: str, terminal: bool = False, **linux) -> str:
        return self.create_process(process(*arguments, terminal=terminal), **linux)

    def create_process(self, what: oci_pb2.Process, sandbox_pidns: bool = False, **linux) -> str:
        cid = f"c{next(numbers):03}"
        self.call("CreateContainer", container_id=cid, exec_id=cid, OCI=spec(what, self.rootfs, **linux), sandbox_pidns=sandbox_pidns)
        return cid

    def run_container(self, *arguments: str, **options) -> str:
        cid = self.create(*arguments, **options)
        self.call("StartContainer", container_id=cid)
        return cid

    def execute(self, cid: str, *arguments: str, **options) -> str:
        exec_id = f"e{next(numbers):03}"
        self.call("ExecProcess", container_id=cid, exec_id=exec_id, process=process(*arguments, **options))
        return exec_id

    def read_all(self, cid: str, exec_id: str = "", method: str = "ReadStdout", length: int = 32768) -> bytes:
        parts = []
        while data := self.call(method, container_id=cid, exec_id=exec_id, len=length).data:
            self.assertLessEqual(len(data), length)
            parts.append(data)
        return b"".join(parts)

    def wait(self, cid: str, exec_id: str = "") -> int:
        return self.call("WaitProcess", container_id=cid, exec_id=exec_id).status

    def remove(self, cid: str) -> None:
        self.call("RemoveContainer", container_id=cid)

    def output_of(self, cid: str, *arguments: str, **options) -> str:
        """What a program prints that is expected to succeed."""
        exec_id = self.execute(cid, *arguments, **options)
        text = self.read_all(cid, exec_id).decode()
        self.assertEqual(self.wait(cid, exec_id), 0, self.read_all(cid, exec_id, "ReadStderr"))
        return text


class AgentTest(Calls):
    """Starts an agent for each test and checks that it ends well."""

    def setUp(self) -> None:
        self.directory = tempfile.mkdtemp(prefix="saya-agent-")
        self.path = f"{self.directory}/agent.sock"
        self.log = open(f"{self.directory}/log", "w+", encoding="utf-8", errors="replace")
        command = [os.environ["AGENT"], "--listen", f"unix:{self.path}", *self.options()]
        self.agent = subprocess.Popen(command, stderr=self.log, env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        self.addCleanup(self.finish)
        self.client = self.connect()

    def options(self) -> list[str]:
        return []

    def connect(self) -> Client:
        until = time.monotonic() + 10
        while True:
            try:
                client = Client(self.path)
                break
            except OSError as refused:
                self.assertLess(time.monotonic(), until, f"the agent does not listen: {refused}")
                self.assertIsNone(self.agent.poll(), "the agent ended at its start")
                time.sleep(0.005)
        self.addCleanup(client.close)
        return client

    def finish(self) -> None:
        """Ends the agent as a host does, so that the sanitizers get to say what they have seen."""
        if self.agent.poll() is None:
            self.connect().begin("DestroySandbox")
        try:
            status = self.agent.wait(20)
        except subprocess.TimeoutExpired:
            self.agent.kill()
            status = f"hanging, {self.agent.wait()}"
        self.log.seek(0)
        text = self.log.read()
        self.log.close()
        shutil.rmtree(self.directory)
        self.assertEqual(status, 0, f"the agent ended with {status}:\n{text}")
