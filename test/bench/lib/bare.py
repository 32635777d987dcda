"""QEMU alone with the default guest: the same command line as packaging/guest measures with, and a guest that works by hand."""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
sys.path.insert(0, f"{TOP}/packaging/guest")
import bare_vm  # noqa: E402

BOOT_LIMIT_S = 120


def options(size: dict[str, str], initrd: str, append: list[str], devices: tuple[str, ...] = ()) -> argparse.Namespace:
    share = f"{TOP}/packaging/target/saya/share/saya"
    return argparse.Namespace(
        qemu="qemu-system-x86_64", kernel=f"{share}/vmlinux", initrd=initrd or f"{share}/saya-initrd.img",
        parameters=f"{TOP}/packaging/guest/kernel-parameters", append=append, accelerator=size["accelerator"],
        machine="q35,smbus=off,sata=off,vmport=off,i8042=off", cpu=None, memory=int(size["memory"]), vcpus=int(size["vcpus"]),
        boots=1, timeout=BOOT_LIMIT_S, phases=False, device=list(devices),
    )  # fmt: skip


def size_like(qemu_arguments: str) -> dict[str, str]:
    """Accelerator, memory (MiB) and vCPUs of a running QEMU, so that the bare one gets the same."""
    memory = re.search(r" -m (?:size=)?(\d+)", qemu_arguments)
    vcpus = re.search(r" -smp (?:cpus=)?(\d+)", qemu_arguments)
    if not memory or not vcpus:
        raise ValueError(f"no -m and -smp in megabytes and processors among: {qemu_arguments}")
    return {
        "accelerator": "kvm" if re.search(r"(-accel |accel=)kvm", qemu_arguments) else "tcg",
        "memory": memory[1],
        "vcpus": vcpus[1],
    }


def ready(size: dict[str, str], card: tuple[str, ...] = (), inside: tuple[str, ...] = ()) -> float:
    """Seconds from QEMU's start to the agent's answer to Check. `card`: further words for QEMU; `inside`: words in front of it."""
    chosen = options(size, "", [], card)
    chosen.qemu = " ".join([*inside, chosen.qemu])
    return bare_vm.Boot(chosen).run()["answer"]


def archive(path: str, init: str, initrd: str, tree: str = "") -> None:
    """The default initrd, and behind it a second archive with our init and a directory: the kernel unpacks one after the other."""

    def member(name: bytes, mode: int, data: bytes) -> bytes:
        numbers = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % number for number in numbers) + name + b"\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)

    def content(file: str) -> bytes:
        with open(file, "rb") as opened:
            return opened.read()

    with open(path, "wb") as out:
        data = content(initrd)
        out.write(data + bytes(-len(data) % 512))
        for folder, _, files in os.walk(tree) if tree else ():
            inside = os.path.relpath(folder, tree)
            if inside != ".":
                out.write(member(inside.encode(), 0o040755, b""))
            for file in files:
                out.write(member(os.path.normpath(f"{inside}/{file}").encode(), 0o100755, content(f"{folder}/{file}")))
        out.write(member(b"bench", 0o100755, content(init)) + member(b"TRAILER!!!", 0, b""))


def by_hand(size: dict[str, str], execs: int, size_bytes: int) -> dict[str, float]:
    """Boots the guest with guest-init. Returns exec_s (one crun exec) and bytes_per_s (dd to the virtio-serial port)."""
    with tempfile.TemporaryDirectory(prefix="saya-bench-") as directory:
        initrd = f"{directory}/initrd"
        archive(initrd, os.path.join(HERE, "..", "guest-init"), f"{TOP}/packaging/target/saya/share/saya/saya-initrd.img")
        chosen = options(size, initrd, ["rdinit=/bench", f"bench.execs={execs}", f"bench.bytes={size_bytes}"])
        qemu = subprocess.Popen(
            bare_vm.command(chosen, directory), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        guard = threading.Timer(BOOT_LIMIT_S, qemu.kill)
        guard.start()
        try:
            port = connect(f"{directory}/agent.sock", qemu)
            figures: dict[str, float] = {}
            reader = threading.Thread(target=lambda: figures.update(receive(port, size_bytes)))
            reader.start()
            figures["exec_s"] = console(qemu)
            reader.join(BOOT_LIMIT_S)
            port.close()
        finally:
            guard.cancel()
            qemu.kill()
            qemu.wait()
        if "bytes_per_s" not in figures:
            raise RuntimeError("the port of the bare guest ended before all bytes had come")
        return figures


def connect(path: str, qemu) -> socket.socket:
    until = time.monotonic() + 10
    while True:
        port = socket.socket(socket.AF_UNIX)
        try:
            port.connect(path)
            return port
        except OSError as refused:
            port.close()
            if time.monotonic() > until or qemu.poll() is not None:
                raise RuntimeError(f"QEMU did not open {path}: {refused}") from refused
            time.sleep(0.005)


def receive(port: socket.socket, expected: int) -> dict[str, float]:
    count = len(port.recv(1 << 18))
    begin, first = time.perf_counter(), count
    while count < expected:
        data = port.recv(1 << 18)
        if not data:
            return {}
        count += len(data)
    return {"bytes_per_s": (count - first) / (time.perf_counter() - begin)}


def console(qemu) -> float:
    text = []
    begin = seconds = 0.0
    for raw in qemu.stdout:
        line = raw.decode(errors="replace").strip()
        text.append(line)
        if line.startswith("bench: begin"):
            begin = time.perf_counter()  # the host's clock: an emulated guest's may go wrong
        if match := re.match(r"bench: end (\d+)", line):
            seconds = (time.perf_counter() - begin) / int(match[1])
        if line.startswith("bench: done"):
            return seconds
        if line.startswith("bench: failed"):
            break
    raise RuntimeError("the bare guest did not do its work; the end of its console:\n" + "\n".join(text[-20:]))
