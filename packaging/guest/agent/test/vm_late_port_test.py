"""On a busy host the kernel learns a serial port's name long after its driver was loaded: the agent must look again."""

import json
import socket
import time

from ttrpc_client import Client
from vm_fixture import BOOT_LIMIT, VmTest, bare_vm


def plug_in(qmp_path: str, **device) -> None:
    with socket.socket(socket.AF_UNIX) as qmp:
        qmp.settimeout(BOOT_LIMIT)
        qmp.connect(qmp_path)
        answers = qmp.makefile("r")
        answers.readline()  # greeting
        for execute, arguments in (("qmp_capabilities", {}), ("device_add", device)):
            qmp.sendall(json.dumps({"execute": execute, "arguments": arguments}).encode() + b"\n")
            while not ((answer := json.loads(answers.readline())).keys() & {"return", "error"}):
                pass
            assert "return" in answer, answer


class LatePort(VmTest):
    """The port is plugged in when the agent has looked for it and gone on."""

    @staticmethod
    def devices(directory: str) -> list[str]:
        return ["-qmp", f"unix:{directory}/qmp.sock,server=on,wait=off"]

    @classmethod
    def setUpClass(cls) -> None:
        whole = bare_vm.command

        def without_port(options, directory):
            words = whole(options, directory)
            port = next(i for i, word in enumerate(words) if word.startswith("virtserialport,"))
            return words[: port - 1] + words[port + 1 :]

        bare_vm.command = without_port
        try:
            super().setUpClass()
        finally:
            bare_vm.command = whole

    @classmethod
    def reconnect(cls) -> Client:
        until = time.monotonic() + BOOT_LIMIT
        while "serving vsock" not in cls.console_text():  # said after the first look for the port
            assert time.monotonic() < until, f"the agent has not started:\n{cls.console_text()}"
            time.sleep(0.02)
        plug_in(f"{cls.directory}/qmp.sock", driver="virtserialport", id="channel0", chardev="agent", name=bare_vm.AGENT_PORT)
        return super().reconnect()

    def test_it_is_served_when_it_comes(self):
        self.assertEqual(self.call("Check").status, 1)
