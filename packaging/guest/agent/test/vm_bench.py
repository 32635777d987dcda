"""Times, in one machine and one run: crun by hand in the guest's shell against the same through the agent.

Prints lines of JSON. Under TCG figures of different runs cannot be compared; the ratios can.
"""

import argparse
import json
import re
import socket
import statistics
import sys
import time

from fixture import process, spec
from vm_fixture import VmTest


class Bench(VmTest):
    append = ["agent.debug_console"]
    memory = 512

    @staticmethod
    def devices(directory):
        """A second port of the same kind as the agent's, for bytes that do not pass through the agent."""
        return [
            "-device", "virtio-serial-pci,id=serial1,max_ports=2",
            "-chardev", f"socket,id=plain,path={directory}/plain.sock,server=on,wait=off",
            "-device", "virtserialport,bus=serial1.0,chardev=plain,id=channel1,name=plain",
        ]  # fmt: skip

    @classmethod
    def shell(cls, command: str) -> str:
        """Runs a command in the guest's shell on the console and returns what it prints."""
        cls.numbers = getattr(cls, "numbers", 0) + 1
        end = f"done-{cls.numbers}"
        cls.qemu.stdin.write(f"{command}; echo done-''{cls.numbers}\n".encode())
        cls.qemu.stdin.flush()
        until = time.monotonic() + 300
        while not re.search(rf"^{end}", cls.console_text(), re.MULTILINE):
            if time.monotonic() > until:
                sys.exit(f"the guest's shell does not answer:\n{cls.console_text()[-2000:]}")
            time.sleep(0.01)
        return cls.console_text()

    @classmethod
    def seconds(cls, command: str, times: int) -> float:
        text = cls.shell(f"busybox time sh -c 'i=0; while [ $i -lt {times} ]; do {command}; i=$((i+1)); done'")
        minutes, seconds = re.findall(r"real\s+(\d+)m ([\d.]+)s", text)[-1]
        return (int(minutes) * 60 + float(seconds)) / times


def times_of(count: int, what) -> list[float]:
    taken = []
    for i in range(count):
        start = time.monotonic()
        what(i)
        taken.append(time.monotonic() - start)
    return taken


def show(name: str, by_hand: float, by_agent: list[float]) -> None:
    median = statistics.median(by_agent)
    print(json.dumps({"what": name, "by hand": round(by_hand, 4), "agent": round(median, 4), "least": round(min(by_agent), 4),
                      "ratio": round(median / by_hand, 2)}), flush=True)  # fmt: skip


def plain_rate(megabytes: int) -> float:
    """Megabytes per second of cat in the guest's shell to a port of its own."""
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(f"{Bench.directory}/plain.sock")
        plain.settimeout(120)
        Bench.shell('for p in /sys/class/virtio-ports/*; do [ $(cat $p/name) = plain ] && port=/dev/${p##*/}; done')
        Bench.qemu.stdin.write(f"head -c {megabytes << 20} /dev/zero | cat > $port\n".encode())
        Bench.qemu.stdin.flush()
        left, start = megabytes << 20, 0.0
        while left:
            left -= len(plain.recv(1 << 20))
            start = start or time.monotonic()
        return megabytes / (time.monotonic() - start)


def agent_rate(bench: Bench, cid: str, megabytes: int, length: int) -> float:
    """The same through the agent, by reads of a length; the program runs before the first read."""
    exec_id = bench.execute(cid, "sh", "-c", f"head -c {megabytes << 20} /dev/zero | cat")
    got, start = 0, time.monotonic()
    while data := Bench.client.call("ReadStdout", container_id=cid, exec_id=exec_id, len=length).data:
        got += len(data)
    taken = time.monotonic() - start
    assert got == megabytes << 20, got
    Bench.client.call("WaitProcess", container_id=cid, exec_id=exec_id)
    return megabytes / taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--execs", type=int, default=40)
    parser.add_argument("--megabytes", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--append", action="append", default=[], help="a further word for the kernel's command line")
    options = parser.parse_args()
    Bench.append = [*Bench.append, *options.append]
    bench = Bench()
    Bench.setUpClass()
    try:
        cid = bench.run_container("sleep", "100000")
        client = Bench.client

        def execute(i):
            client.call("ExecProcess", container_id=cid, exec_id=f"e{i}", process=process("true"))
            assert client.call("WaitProcess", container_id=cid, exec_id=f"e{i}").status == 0

        for i in range(3):
            execute(f"warm{i}")
        hand = Bench.seconds(f"crun exec {cid} true", options.execs)
        show("exec of true", hand, times_of(options.execs, execute))
        check = times_of(200, lambda i: client.call("Check"))
        print(json.dumps({"what": "Check", "agent": round(statistics.median(check), 5)}))

        def create(i):
            one = f"life{i}"
            client.call("CreateContainer", container_id=one, exec_id=one, OCI=spec(process("true"), Bench.rootfs))
            client.call("StartContainer", container_id=one)
            assert client.call("WaitProcess", container_id=one).status == 0
            client.call("RemoveContainer", container_id=one)

        bundle = f"/run/kata-containers/{cid}"
        cgroup = "s#cgroupsPath\":\"[^\"]*#cgroupsPath\":\"/hand#"
        Bench.shell(f"mkdir /run/b; sed s/sleep/true/ {bundle}/config.json | sed '{cgroup}' > /run/b/config.json")
        hand = Bench.seconds("crun create --bundle /run/b hand; crun start hand; crun delete -f hand", 15)
        show("create, start, remove", hand, times_of(15, create))

        # In turns, so that what else the machine does meets all of them.
        lengths = (32 << 10, 1 << 20)
        rates = {0: [], **{length: [] for length in lengths}}
        for _ in range(options.rounds):
            rates[0].append(plain_rate(options.megabytes))
            for length in lengths:
                rates[length].append(agent_rate(bench, cid, options.megabytes, length))
        hand = statistics.median(rates[0])
        for length in lengths:
            agent = statistics.median(rates[length])
            result = {
                "what": f"stdout, reads of {length} bytes",
                "cat to a port, MB/s": round(hand, 1),
                "agent, MB/s": round(agent, 1),
                "ratio": round(agent / hand, 2),
            }
            print(json.dumps(result), flush=True)
    finally:
        Bench.doClassCleanups()


if __name__ == "__main__":
    main()
