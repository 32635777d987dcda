"""Memory and processors that come and go while the guest runs."""

import json
import socket
import time

from vm_fixture import BOOT_LIMIT, VmTest

MIB = 1 << 20
DEVICE = "/machine/peripheral/memory1"


class Size(VmTest):
    memory = 192
    append = ["swiotlb=noforce"]

    @staticmethod
    def devices(directory: str) -> list[str]:
        return [
            *("-m", "192M,maxmem=8G", "-smp", "1,maxcpus=2,sockets=2,cores=1,threads=1"),
            *("-qmp", f"unix:{directory}/qmp.sock,server=on,wait=off"),
            *("-device", "pcie-root-port,id=plugm,chassis=9,slot=9,bus=pcie.0,addr=0x1e,io-reserve=0"),
        ]  # fmt: skip

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.qmp = socket.socket(socket.AF_UNIX)
        cls.qmp.settimeout(BOOT_LIMIT)
        cls.qmp.connect(f"{cls.directory}/qmp.sock")
        cls.addClassCleanup(cls.qmp.close)
        cls.answers = cls.qmp.makefile("r")
        cls.addClassCleanup(cls.answers.close)
        cls.answers.readline()  # greeting
        cls.ask("qmp_capabilities")

    @classmethod
    def ask(cls, command: str, **arguments):
        cls.qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while not ((answer := json.loads(cls.answers.readline())).keys() & {"return", "error"}):
            pass
        assert "return" in answer, answer
        return answer["return"]

    def await_that(self, what, condition) -> None:
        until = time.monotonic() + BOOT_LIMIT
        while not condition():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.02)

    def total_mib(self, container: str) -> int:
        return int(self.output_of(container, "grep", "MemTotal", "/proc/meminfo").split()[1]) // 1024

    def test_memory_comes_with_its_driver_and_goes(self):
        container = self.run_container("sleep", "1000")
        small = self.total_mib(container)
        self.ask("object-add", **{"qom-type": "memory-backend-memfd", "id": "more", "size": 2048 * MIB, "share": True, "reserve": False})
        self.ask(
            "device_add",
            **{"driver": "virtio-mem-pci", "id": "memory1", "memdev": "more", "bus": "plugm", "requested-size": 1024 * MIB},
        )
        self.call("OnlineCPUMem", nb_cpus=1, cpu_only=False)
        self.await_that("1 GiB is taken", lambda: self.ask("qom-get", path=DEVICE, property="size") == 1024 * MIB)
        self.await_that("1 GiB is used", lambda: self.total_mib(container) == small + 1024)
        self.ask("qom-set", path=DEVICE, property="requested-size", value=0)
        self.await_that("it is given back, but for a remainder", lambda: self.ask("qom-get", path=DEVICE, property="size") <= 64 * MIB)
        self.assertLessEqual(self.total_mib(container), small + 64)
        self.remove(container)

    def test_a_processor_comes_and_goes(self):
        container = self.run_container("sleep", "1000")
        place = next(place for place in self.ask("query-hotpluggable-cpus") if "qom-path" not in place)
        self.ask("device_add", driver=place["type"], id="cpu1", **place["props"])
        self.call("OnlineCPUMem", nb_cpus=2, cpu_only=True)
        self.assertEqual(int(self.output_of(container, "grep", "-c", "^processor", "/proc/cpuinfo")), 2)
        self.ask("device_del", id="cpu1")
        self.await_that("it is let go", lambda: sum("qom-path" in place for place in self.ask("query-hotpluggable-cpus")) == 1)
        self.assertEqual(int(self.output_of(container, "grep", "-c", "^processor", "/proc/cpuinfo")), 1)
        self.remove(container)
