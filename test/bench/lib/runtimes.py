"""Containers under the private containerd: how they are started, found and removed."""

import itertools
import os
import subprocess
import time

import processes
from shim_client import Shim

IMAGE = "saya.local/bench:latest"
IMAGE_WITH_PROGRAMS = "saya.local/bench-files:latest"
NAMESPACE = "saya-demo"  # the one of packaging/lib/containerd.sh
CTR_LIMIT_S = 120
SLEEP = ("/bin/sleep", "3600")
numbers = itertools.count(1)


class Containerd:
    """The containerd that run.sh started."""

    def __init__(self, directory: str, address: str, path: str):
        self.directory, self.address, self.path = directory, address, path
        self.command = ["ctr", "--address", address, "--namespace", NAMESPACE]

    def ctr(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [*self.command, *words], capture_output=True, text=True, timeout=CTR_LIMIT_S, stdin=subprocess.DEVNULL, check=False
        )
        if check and done.returncode:
            raise RuntimeError(f"ctr {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def bundle(self, container: str) -> str:
        return f"{self.directory}/state/io.containerd.runtime.v2.task/{NAMESPACE}/{container}"


class Container:
    """A container that sleeps, or does what it is told, from `ctr run -d` to its removal. `options` are those of `ctr run`."""

    def __init__(self, containerd: Containerd, runtime: str, options: tuple[str, ...], command: tuple[str, ...], image: str = IMAGE):
        self.containerd, self.runtime = containerd, runtime
        self.id = f"bench-{os.getpid()}-{next(numbers)}"
        begin = time.perf_counter()
        containerd.ctr("run", "--detach", "--runtime", runtime, *options, image, self.id, *command)
        self.ready_s = time.perf_counter() - begin

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self) -> None:
        self.containerd.ctr("tasks", "kill", "--signal", "SIGKILL", self.id, check=False)
        self.containerd.ctr("tasks", "delete", self.id, check=False)
        self.containerd.ctr("containers", "delete", self.id, check=False)
        until = time.monotonic() + 30
        while any(self.processes().values()) and time.monotonic() < until:
            time.sleep(0.02)

    def shim(self) -> Shim:
        return Shim(self.containerd.bundle(self.id), self.id)

    def processes(self) -> dict[str, list[int]]:
        return processes.of_sandbox(self.id)

    def join_s(self) -> float:
        """Seconds of the runtime binary's `start` for a further container of this one's sandbox."""
        name = self.runtime.removeprefix("io.containerd.").replace(".", "-")
        places = [f"{directory}/containerd-shim-{name}" for directory in self.containerd.path.split(":")]
        binary = next(place for place in places if os.path.exists(place))
        bundle = f"{self.containerd.directory}/joining"
        os.makedirs(bundle, exist_ok=True)
        with open(f"{bundle}/config.json", "w", encoding="ascii") as file:
            file.write(
                '{"ociVersion":"1.0.2","annotations":{"io.kubernetes.cri.container-type":"container",'
                f'"io.kubernetes.cri.sandbox-id":"{self.id}"}}}}'
            )
        words = [binary, "-namespace", NAMESPACE, "-address", self.containerd.address, "-publish-binary", "/bin/true", "-id", "joining"]
        environment = {**os.environ, "PATH": self.containerd.path, "TTRPC_ADDRESS": f"{self.containerd.address}.ttrpc"}
        begin = time.perf_counter()
        done = subprocess.run(
            [*words, "start"],
            cwd=bundle,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        seconds = time.perf_counter() - begin
        with open(f"{self.containerd.bundle(self.id)}/address", encoding="utf-8") as file:
            expected = file.read().strip()
        if done.returncode or expected not in done.stdout:
            raise RuntimeError(f"{binary} start: printed '{done.stdout.strip()}' (expected: {expected}) {done.stderr.strip()}")
        return seconds
