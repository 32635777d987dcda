"""A VM with the default guest under QEMU alone, no runtime around it: how long until its agent answers?

Prints one line of JSON for each boot. Times are seconds since QEMU was started:
  kernel  the kernel's first line reached the serial console   (only with --phases)
  init    the kernel started /init                             (only with --phases)
  answer  the reply to grpc.Health/Check arrived on the virtio-serial port
  cpu     processor time QEMU had used by then
With --phases the kernel's messages go to the console, which costs time of its own: take `answer` from a boot without.
"""

import argparse
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

AGENT_PORT = "agent.channel.0"
REQUEST, RESPONSE = 1, 2
SERVING = 1


def varint_field(number: int, wire_type: int) -> int:
    return number << 3 | wire_type


def check_request(stream: int) -> bytes:
    """grpc.Health/Check as a ttrpc frame (10-byte header, then a protobuf Request)."""
    service, method = b"grpc.Health", b"Check"
    body = bytes([varint_field(1, 2), len(service)]) + service + bytes([varint_field(2, 2), len(method)]) + method
    return struct.pack(">IIBB", len(body), stream, REQUEST, 0) + body


def is_serving(body: bytes) -> bool:
    """Whether a ttrpc Response carries HealthCheckResponse{status: SERVING}; fields may come in any order."""
    at = 0
    while at + 2 <= len(body):
        tag, length = body[at], body[at + 1]
        value = body[at + 2 : at + 2 + length]
        if tag == varint_field(2, 2):
            return value == bytes([varint_field(1, 0), SERVING])
        at += 2 + length
    return False


def kernel_parameters(path: str, accelerator: str) -> list[str]:
    words = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            fields = line.split()
            if fields and not line.startswith("#") and fields[0] in ("any", accelerator):
                words.append(fields[1])
    return words


def command(options, directory: str) -> list[str]:
    words = kernel_parameters(options.parameters, options.accelerator)
    if options.phases:
        words = [w for w in words if w != "quiet"] + ["earlyprintk=ttyS0,115200", "loglevel=7"]
    words += options.append
    cpu = {"tcg": "max,erms=off", "kvm": "host"}[options.accelerator]
    accelerator = {"tcg": "tcg,thread=multi", "kvm": "kvm"}[options.accelerator]
    return [
        *options.qemu.split(), "-name", "saya-bare", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
        "-machine", options.machine, "-accel", accelerator, "-cpu", options.cpu or cpu,
        "-smp", str(options.vcpus), "-m", f"{options.memory}M",
        "-kernel", options.kernel, "-initrd", options.initrd, "-append", " ".join(words),
        "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
        "-device", "virtio-serial-pci,id=serial0,max_ports=2",
        "-chardev", f"socket,id=agent,path={directory}/agent.sock,server=on,wait=off",
        "-device", f"virtserialport,chardev=agent,id=channel0,name={AGENT_PORT}",
        "-device", "virtio-rng-pci",
        *options.device,
    ]  # fmt: skip


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Boot:
    """One boot. Everything QEMU says is kept, so that a failure can show the end of it."""

    MARKS = {"kernel": b"Linux version", "init": b"Run /init as init process"}

    def __init__(self, options):
        self.options = options
        self.times = {}
        self.console = b""
        self.reply = b""

    def run(self) -> dict:
        with tempfile.TemporaryDirectory(prefix="saya-guest-") as directory:
            self.start = time.monotonic()
            qemu = subprocess.Popen(
                command(self.options, directory), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            try:
                self.follow(qemu, f"{directory}/agent.sock")
            finally:
                qemu.kill()
                qemu.wait()
        return self.times

    def elapsed(self) -> float:
        return time.monotonic() - self.start

    def follow(self, qemu, path: str) -> None:
        poll = select.poll()
        poll.register(qemu.stdout, select.POLLIN)
        agent = None
        while "answer" not in self.times:
            if self.elapsed() > self.options.timeout:
                self.fail(f"the agent did not answer within {self.options.timeout} s")
            if agent is None and (agent := self.connect(path)):
                poll.register(agent, select.POLLIN)
            for fd, _ in poll.poll(2 if agent is None else 100):
                if agent is not None and fd == agent.fileno():
                    self.read_agent(agent, qemu)
                else:
                    self.read_console(qemu)

    def connect(self, path: str):
        agent = socket.socket(socket.AF_UNIX)
        try:
            agent.connect(path)
        except OSError:
            agent.close()  # QEMU has not opened it yet
            return None
        agent.sendall(check_request(1))
        return agent

    def read_console(self, qemu) -> None:
        data = os.read(qemu.stdout.fileno(), 65536)
        if not data:
            self.fail(f"QEMU ended with status {qemu.wait()}")
        self.console += data
        for name, text in self.MARKS.items():
            if name not in self.times and text in self.console:
                self.times[name] = round(self.elapsed(), 3)

    def read_agent(self, agent, qemu) -> None:
        try:
            data = agent.recv(4096)
        except ConnectionResetError:
            data = b""
        if not data:
            self.read_console(qemu)
            self.fail("QEMU closed the agent's socket")
        self.reply += data
        if len(self.reply) < 10:
            return
        length, stream, kind, _ = struct.unpack(">IIBB", self.reply[:10])
        if len(self.reply) < 10 + length:
            return
        if kind != RESPONSE or stream != 1 or not is_serving(self.reply[10 : 10 + length]):
            self.fail(f"the agent's answer is no SERVING response to stream 1: {self.reply.hex()}")
        self.times["answer"] = round(self.elapsed(), 3)
        self.times["cpu"] = round(cpu_seconds(qemu.pid), 3)

    def fail(self, reason: str) -> None:
        tail = self.console.decode(errors="replace").splitlines()[-30:]
        sys.exit("\n".join([f"bare_vm: {reason}; the end of its console:", *tail]))


def main() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    share = os.path.join(here, "..", "target", "saya", "share", "saya")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qemu", default="qemu-system-x86_64", help="the command, with words before it where it is to run elsewhere")
    parser.add_argument("--kernel", default=f"{share}/vmlinux")
    parser.add_argument("--initrd", default=f"{share}/saya-initrd.img")
    parser.add_argument("--parameters", default=f"{here}/kernel-parameters", help="file with kernel command line words")
    parser.add_argument("--append", action="append", default=[], help="a further kernel command line word")
    parser.add_argument("--accelerator", choices=["tcg", "kvm"], default="tcg")
    parser.add_argument("--machine", default="q35,smbus=off,sata=off,vmport=off,i8042=off", help="QEMU's -machine")
    parser.add_argument("--cpu", help="QEMU's -cpu, instead of what the accelerator suggests")
    parser.add_argument("--memory", type=int, default=128, help="MiB")
    parser.add_argument("--vcpus", type=int, default=1)
    parser.add_argument("--device", action="append", default=[], metavar="WORD", help="a further word of QEMU's command line")
    parser.add_argument("--boots", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=60, help="seconds until the agent must have answered")
    parser.add_argument("--phases", action="store_true", help="show when kernel and init start")
    options = parser.parse_args()
    for _ in range(options.boots):
        print(json.dumps(Boot(options).run()), flush=True)


if __name__ == "__main__":
    main()
