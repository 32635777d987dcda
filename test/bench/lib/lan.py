"""A bridge in a network namespace of its own, what is plugged into it, and who speaks to it from there.

All contestants have a port of the same bridge: a pod one end of a pair of interfaces, QEMU by hand a tap.
"""

import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ECHO_PORT, IPERF_PORT = 7, 5201
HOST, HAND = "10.99.0.1", "10.99.0.2"
PODS = {"saya": "10.99.0.3", "runc": "10.99.0.4"}
ANSWER_LIMIT_S = 60

# What a guest or a container does: sends back what it gets, and is iperf3's server. Its files are in memory.
SERVERS = f"export TMPDIR=/dev/shm; nc -ll -p {ECHO_PORT} -e cat & exec /usr/bin/iperf3 -s -p {IPERF_PORT}"


def sh(script: str) -> None:
    done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise RuntimeError(f"{script}: {done.stderr.strip()}")


class Lan:
    """The bridge, in a namespace where it has the host's address; a namespace with an interface on it for each of PODS; a tap on it."""

    tap = "hand0"

    def __init__(self):
        self.namespace = f"saya-bench-{os.getpid()}"
        self.inside = ("ip", "netns", "exec", self.namespace)

    def pod(self, who: str) -> str:
        """Path of a pod's network namespace."""
        return f"/run/netns/{self.namespace}-{who}"

    def __enter__(self):
        here = f"ip -n {self.namespace}"
        try:
            sh(f"""ip netns add {self.namespace}; {here} link set lo up
                {here} link add lan type bridge; {here} addr add {HOST}/24 dev lan; {here} link set lan up
                {here} tuntap add {self.tap} mode tap vnet_hdr; {here} link set {self.tap} master lan up""")
            for who, address in PODS.items():
                pod = f"{self.namespace}-{who}"
                sh(f"""ip netns add {pod}; {here} link add {who} type veth peer name eth0 netns {pod}
                    {here} link set {who} master lan up
                    ip -n {pod} link set lo up; ip -n {pod} addr add {address}/24 dev eth0; ip -n {pod} link set eth0 up""")
        except RuntimeError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for namespace in (self.namespace, *(f"{self.namespace}-{who}" for who in PODS)):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, timeout=20, check=False)

    # ---- what is asked of the servers, from the bridge's namespace

    def round_trip_s(self, address: str, count: int) -> float:
        """Seconds from a request of one byte to its answer, the median of many on one connection, by the host's clock."""
        words = [sys.executable, f"{HERE}/round_trips.py", address, str(ECHO_PORT), str(count)]
        done = subprocess.run(
            [*self.inside, *words], capture_output=True, text=True, timeout=2 * ANSWER_LIMIT_S, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            raise RuntimeError(f"round trips to {address}: {done.stderr.strip()}")
        return float(done.stdout)

    def await_servers(self, address: str, alive) -> None:
        """Waits until both answer, as long as `alive()` says that they may."""
        until = time.monotonic() + ANSWER_LIMIT_S
        for port in (ECHO_PORT, IPERF_PORT):
            knock = ["busybox", "nc", "-w", "1", address, str(port)]
            while subprocess.run([*self.inside, *knock], capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode:
                if time.monotonic() > until or not alive():
                    raise RuntimeError(f"{address} port {port} does not answer, or not within {ANSWER_LIMIT_S} s")
                time.sleep(0.05)

    def bytes_per_s(self, address: str, seconds: int, out: bool) -> float:
        """One stream of iperf3, by the clock of the client, which is the host's. `out`: the server in the guest sends."""
        words = ["iperf3", "--client", address, "--port", str(IPERF_PORT), "--time", str(seconds), "--omit", "1", "--json"]
        words += ["--reverse"] if out else []
        until = time.monotonic() + ANSWER_LIMIT_S
        while True:
            done = subprocess.run(
                [*self.inside, *words],
                capture_output=True,
                text=True,
                timeout=seconds + ANSWER_LIMIT_S,
                stdin=subprocess.DEVNULL,
                check=False,
            )
            report = json.loads(done.stdout or "{}")
            if "error" not in report and not done.returncode:
                return report["end"]["sum_received" if out else "sum_sent"]["bits_per_second"] / 8
            # A server that has just served does not listen for a moment.
            if "refused" not in report.get("error", "") or time.monotonic() > until:
                raise RuntimeError(f"iperf3 to {address}: {report.get('error', done.stderr.strip())}")
            time.sleep(0.05)
