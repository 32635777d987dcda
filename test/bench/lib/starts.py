"""A start taken apart, of a guest that boots and of one that goes on from a template; and what idle pods cost. README.md says why."""

import json
import os
import re
import statistics
import subprocess
import tempfile
import time

import processes
from measures import row

IDLE_PODS = 10
SETTLED_S = 12  # what the compiler needed for the start is given back by then

# What the daemon logs at level debug of a restore, microseconds; the memory is copied while QEMU starts.
RESTORE = {"qmp_us": "QEMU answers", "memory_us": "memory is there", "devices_us": "devices loaded", "plug_us": "share plugged, guest runs"}


def rows(bench) -> list[dict]:
    with tempfile.TemporaryDirectory(prefix="saya-bench-", dir="/run") as directory:
        restored = bench.from_template(directory)
        debug(f"{directory}/configuration.toml")
        booted = f"{directory}/booting.toml"
        debug(booted)
        return apart(bench, "booted", ("--runtime-config-path", booted)) + apart(bench, "restored", restored)


def debug(path: str) -> None:
    with open(path, "a", encoding="ascii") as file:
        file.write("[runtime]\nenable_debug = true\n")


def apart(bench, origin: str, options: tuple[str, ...]) -> list[dict]:
    """Medians of each part, in their order, and the processor time that daemon and QEMU had used by then."""
    parts: dict[str, list[float]] = {}
    for _ in range(bench.rounds):
        begin = time.time() * 1000
        with bench.start(options=options) as container:
            found = container.processes()
            used = {kind: processes.cpu_seconds(found[kind]) * 1000 for kind in ("shim", "qemu")}
            for part, milliseconds in one(container, origin, begin, used):
                parts.setdefault(part, []).append(milliseconds)
    return [row(f"{origin}: {part}", "ms", saya=statistics.median(values)) for part, values in parts.items()]


def one(container, origin: str, begin: float, used: dict[str, float]) -> list[tuple[str, float]]:
    status = operator("ps", "--json", container.id)
    if status["origin"] != origin:
        raise RuntimeError(f"{container.id} was {status['origin']} (expected: {origin})")
    first = status["started_at"] - begin
    parts = [("until the daemon's first line", first)]
    inside = 0
    for phase in status["phases"]:
        parts.append((phase["phase"], phase["ms"]))
        inside += phase["ms"]
        if phase["phase"] == "QEMU spawn" and origin == "restored":
            parts += of_restore(container.id)
    return [
        *parts,
        ("Start, and what containerd and ctr need", container.ready_s * 1000 - first - inside),
        ("all", container.ready_s * 1000),
        ("processor time of the daemon", used["shim"]),
        ("processor time of QEMU", used["qemu"]),
    ]


def of_restore(container: str) -> list[tuple[str, float]]:
    log = run("logs", container)
    found = []
    for key, part in RESTORE.items():
        match = re.search(rf"\b{key}=(\d+)", log)
        if not match:
            raise RuntimeError(f"no {key} in what the daemon of {container} logged at level debug")
        found.append((f"of that: {part}", int(match[1]) / 1000))
    return found


def run(*words: str) -> str:
    return subprocess.run([f"{os.environ['BENCH_SAYA']}/bin/saya", *words], capture_output=True, text=True, timeout=30, check=True).stdout


def operator(*words: str) -> dict:
    answer = json.loads(run(*words))
    return answer[0] if isinstance(answer, list) else answer


def idle_rows(bench) -> list[dict]:
    """What each of ten idle pods adds, by the proportional share of all its processes, and by what the host has left."""
    with tempfile.TemporaryDirectory(prefix="saya-bench-", dir="/run") as directory:
        result = []
        for origin, options in (("booted", ()), ("restored", bench.from_template(directory))):
            pods = [bench.start(options=options)]
            try:
                time.sleep(SETTLED_S)
                one_pss, one_left = cost(pods), available()
                pods += [bench.start(options=options) for _ in range(IDLE_PODS - 1)]
                time.sleep(SETTLED_S)
                more = IDLE_PODS - 1
                pss, left = (cost(pods) - one_pss) / more, (one_left - available()) / more
            finally:
                for pod in pods:
                    pod.remove()
            result.append(row(f"each further idle pod, {origin}: PSS", "MB", saya=pss))
            result.append(row(f"each further idle pod, {origin}: less left on the host", "MB", saya=left))
        return result


def cost(pods: list) -> float:
    return sum(processes.memory([pid for pids in pod.processes().values() for pid in pids])["pss"] for pod in pods)


def available() -> float:
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in file if line.startswith("MemAvailable"))
