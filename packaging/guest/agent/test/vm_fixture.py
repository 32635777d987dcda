"""The agent as the first process of a virtual machine, under QEMU alone."""

import argparse
import os
import stat
import subprocess
import sys
import tempfile
import time

from fixture import Calls
from ttrpc_client import Client

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
import bare_vm  # noqa: E402

SHARED = "/run/kata-containers/shared/containers"
BOOT_LIMIT = 120
APPLETS = "sh cat echo sleep true false head yes dd ls ps id pwd hostname readlink mount grep mknod seq stty tail time wc touch date"
APPLETS = APPLETS.split()


class VmTest(Calls):
    """One machine for all tests of a class. Containers have a root of busybox that CopyFile has brought."""

    rootfs = f"{SHARED}/rootfs"
    memory = 256
    vcpus = 1
    NAME_SERVER = "nameserver 192.0.2.53"
    append: list = []

    @staticmethod
    def devices(directory: str) -> list[str]:
        """Further arguments for QEMU."""
        return []

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = tempfile.mkdtemp(prefix="saya-agent-vm-")
        images = os.environ["GUEST"]
        options = argparse.Namespace(
            qemu="qemu-system-x86_64", machine="q35", kernel=f"{images}/vmlinux", initrd=f"{images}/saya-initrd.img",
            parameters=os.path.join(os.path.dirname(bare_vm.__file__), "kernel-parameters"), append=cls.append, device=[],
            accelerator="tcg", cpu=None, memory=cls.memory, vcpus=cls.vcpus, phases=False,
        )  # fmt: skip
        cls.console = open(f"{cls.directory}/console", "w+b")
        command = bare_vm.command(options, cls.directory) + cls.devices(cls.directory)
        cls.qemu = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=cls.console, stderr=cls.console)
        cls.addClassCleanup(cls.end)
        cls.path = f"{cls.directory}/agent.sock"
        cls.client = cls.reconnect()
        assert cls.client.call("Check").status == 1
        cls.client.call("CreateSandbox", hostname="pod", sandbox_id="sandbox", dns=[cls.NAME_SERVER])
        cls.bring_rootfs()

    @classmethod
    def reconnect(cls) -> Client:
        """A client; QEMU takes one at a time, and answers none before it has opened the socket."""
        until = time.monotonic() + BOOT_LIMIT
        while True:
            try:
                return Client(cls.path, limit=BOOT_LIMIT)
            except OSError:
                assert cls.qemu.poll() is None, f"QEMU ended:\n{cls.console_text()}"
                assert time.monotonic() < until, "QEMU opens no agent socket"
                time.sleep(0.02)

    @classmethod
    def console_text(cls) -> str:
        with open(f"{cls.directory}/console", encoding="utf-8", errors="replace") as console:
            return console.read()

    @classmethod
    def end(cls) -> None:
        if cls.qemu.poll() is None:
            cls.qemu.kill()
        cls.qemu.wait()
        cls.qemu.stdin.close()
        cls.client.close()
        cls.console.close()
        subprocess.run(["rm", "-rf", cls.directory], check=True)

    @classmethod
    def copy(cls, path: str, data: bytes, mode: int) -> None:
        step = 1 << 20
        for offset in range(0, max(len(data), 1), step):
            cls.client.call(
                "CopyFile", path=path, data=data[offset : offset + step], offset=offset, file_size=len(data), file_mode=mode, dir_mode=0o755
            )

    @classmethod
    def bring_rootfs(cls) -> None:
        for name in ("bin", "dev", "etc", "proc", "sys", "tmp"):
            cls.copy(f"{cls.rootfs}/{name}", b"", stat.S_IFDIR | 0o755)
        with open("/bin/busybox", "rb") as busybox:
            cls.copy(f"{cls.rootfs}/bin/busybox", busybox.read(), stat.S_IFREG | 0o755)
        for applet in APPLETS:
            cls.copy(f"{cls.rootfs}/bin/{applet}", b"busybox", stat.S_IFLNK | 0o777)

    def until(self, condition, otherwise: str) -> None:
        limit = time.monotonic() + BOOT_LIMIT
        while not condition():
            assert time.monotonic() < limit, otherwise
            time.sleep(0.001)

    def tearDown(self) -> None:
        # Quoted only where it helps: with what went wrong.
        outcome = getattr(self, "_outcome", None)
        if outcome is not None and not outcome.success:
            print(f"console:\n{self.console_text()[-3000:]}", file=sys.stderr)
