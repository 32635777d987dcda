"""The measures. Each returns a list of rows; README.md says why each is taken the way it is."""

import glob
import os
import statistics
import tempfile
import threading
import time
from concurrent import futures

import bare
import processes
from runtimes import Container, Containerd, IMAGE, SLEEP
from shim_client import Shim

RUNC, SAYA = "io.containerd.runc.v2", "io.containerd.saya.v2"
GONE_LIMIT_S = 20
TEMPLATE_LIMIT_S = 120
AT_ONCE = 10
GIVEN_BACK_S = 30
GIB = 1 << 30


def row(measure: str, unit: str, runc=None, bare=None, saya=None, ratio=None, budget=None, at_most: bool = True) -> dict:
    """One line of the table. What the budget is for is the ratio where there is one, else Saya's figure."""
    judged = saya if ratio is None else ratio
    verdict = None
    if budget is not None and judged is not None:
        verdict = "met" if (judged <= budget if at_most else judged >= budget) else "missed"
    limit = None if budget is None else f"{'<=' if at_most else '>='} {budget:g}"
    return dict(measure=measure, unit=unit, runc=runc, bare=bare, saya=saya, ratio=ratio, budget=limit, verdict=verdict)


def at_once(act, undo=lambda _: None) -> float:
    """Seconds until the last of ten that begin together has done it."""
    begin = time.perf_counter()
    with futures.ThreadPoolExecutor(AT_ONCE) as threads:
        done = list(threads.map(lambda _: act(), range(AT_ONCE)))
        seconds = time.perf_counter() - begin
        list(threads.map(undo, done))
    return seconds


class Bench:
    def __init__(self, containerd: Containerd, rounds: int, execs: int, size_bytes: int):
        self.containerd, self.rounds, self.execs, self.size_bytes = containerd, rounds, execs, size_bytes
        self._size: dict[str, str] | None = None
        self._by_hand: dict[str, float] | None = None

    def start(self, runtime: str = SAYA, options: tuple[str, ...] = (), command: tuple[str, ...] = SLEEP, image: str = IMAGE) -> Container:
        return Container(self.containerd, runtime, options, command, image)

    @property
    def size(self) -> dict[str, str]:
        """Accelerator, memory and vCPUs that Saya gives its VMs here."""
        if self._size is None:
            with self.start() as container:
                self._size = bare.size_like(processes.arguments(container.processes()["qemu"][0]))
        return self._size

    @property
    def by_hand(self) -> dict[str, float]:
        if self._by_hand is None:
            self._by_hand = bare.by_hand(self.size, max(self.rounds, 10), self.size_bytes)
        return self._by_hand

    # ---- measures, by the names that --only takes

    def ready(self) -> list[dict]:
        seconds: dict[str, list[float]] = {"runc": [], "bare": [], "saya": []}
        size = self.size
        for _ in range(self.rounds):
            seconds["bare"].append(bare.ready(size))
            with self.start() as container:
                seconds["saya"].append(container.ready_s)
            with self.start(RUNC) as container:
                seconds["runc"].append(container.ready_s)
        middle = {who: statistics.median(values) for who, values in seconds.items()}
        return [row("ready", "s", **middle, ratio=middle["saya"] / middle["bare"], budget=1.15)]

    def template(self) -> list[dict]:
        size = self.size
        with tempfile.TemporaryDirectory(prefix="saya-bench-", dir="/run") as directory:
            options = self.from_template(directory)
            seconds: dict[str, list[float]] = {"bare": [], "saya": []}
            for _ in range(self.rounds):
                seconds["bare"].append(bare.ready(size))
                with self.start(options=options) as container:
                    seconds["saya"].append(container.ready_s)
                    processes.expect_restored(container.processes()["qemu"][0])
            one = {who: statistics.median(values) for who, values in seconds.items()}
            ten = {"bare": at_once(lambda: bare.ready(size)), "saya": at_once(lambda: self.start(options=options), Container.remove)}
        return [
            row("ready from a template", "s", **one, ratio=one["saya"] / one["bare"], budget=0.25),
            row(f"{AT_ONCE} at once from a template", "s", **ten, ratio=ten["saya"] / ten["bare"]),
        ]

    def from_template(self, directory: str) -> tuple[str, ...]:
        """Has a template made; returns the options with which containers start from it."""
        configuration = f"{directory}/configuration.toml"
        with open(configuration, "w", encoding="ascii") as file:
            file.write(f'[factory]\nenable_template = true\ntemplate_path = "{directory}/templates"\n')
        options = ("--runtime-config-path", configuration)
        with self.start(options=options):
            until = time.monotonic() + TEMPLATE_LIMIT_S
            while not glob.glob(f"{directory}/templates/template-*"):
                if time.monotonic() > until:
                    raise RuntimeError(f"no template was made within {TEMPLATE_LIMIT_S} s")
                time.sleep(0.1)
        return options

    def exec(self) -> list[dict]:
        seconds: dict[str, list[float]] = {RUNC: [], SAYA: []}
        whole: dict[str, list[float]] = {RUNC: [], SAYA: []}
        with self.start() as one, self.start(RUNC) as other:
            for container in (one, other):
                container.shim().run("warm", ["/bin/true"])
            for number in range(max(self.rounds, 10)):
                for container in (one, other):
                    shim = container.shim()
                    seconds[container.runtime].append(shim.run(f"e{number}", ["/bin/true"]))
                    shim.close()
            for number in range(self.rounds):
                for container in (one, other):
                    begin = time.perf_counter()
                    self.containerd.ctr("tasks", "exec", "--exec-id", f"c{number}", container.id, "/bin/true")
                    whole[container.runtime].append(time.perf_counter() - begin)
        by_hand = self.by_hand["exec_s"]
        saya, runc = (statistics.median(seconds[who]) for who in (SAYA, RUNC))
        return [
            row("exec /bin/true", "s", runc=runc, bare=by_hand, saya=saya, ratio=saya / by_hand, budget=1.5),
            row("ctr task exec", "s", runc=statistics.median(whole[RUNC]), saya=statistics.median(whole[SAYA])),
        ]

    def join(self) -> list[dict]:
        middle = {}
        for runtime in (RUNC, SAYA):
            with self.start(runtime) as container:
                middle[runtime] = statistics.median(container.join_s() for _ in range(max(self.rounds, 10))) * 1000
        return [row("start, further container", "ms", runc=middle[RUNC], saya=middle[SAYA], budget=10)]

    def stdout(self) -> list[dict]:
        rate = {}
        for runtime in (RUNC, SAYA):
            with self.start(runtime) as container:
                rate[runtime] = statistics.median(self.stream(container.shim(), f"s{n}") for n in range(self.rounds)) / 1e6
        by_hand = self.by_hand["bytes_per_s"] / 1e6
        return [row("stdout", "MB/s", rate[RUNC], by_hand, rate[SAYA], rate[SAYA] / by_hand, 0.3, at_most=False)]

    def stream(self, shim: Shim, name: str) -> float:
        """Bytes per second of an exec's stdout, from the first byte in the FIFO to the last."""
        with tempfile.TemporaryDirectory(prefix="saya-bench-") as directory:
            path = f"{directory}/stdout"
            os.mkfifo(path)
            errors = f"{directory}/stderr"  # runc's shim insists on one
            os.mkfifo(errors)
            held = os.open(errors, os.O_RDWR | os.O_NONBLOCK)
            figures: dict[str, float] = {}
            reader = threading.Thread(target=lambda: figures.update(drain(path)), daemon=True)
            reader.start()
            blocks = self.size_bytes // 65536
            shim.exec_begin(name, ["/bin/dd", "if=/dev/zero", "bs=65536", f"count={blocks}"], stdout=path, stderr=errors)
            shim.exec_end(name)
            reader.join(60)
            os.close(held)
            if figures.get("count") != self.size_bytes:
                raise RuntimeError(f"stdout brought {figures.get('count')} bytes (expected: {self.size_bytes})")
            return figures["rate"]

    def kill(self) -> list[dict]:
        there, gone_ms = 0, []
        for _ in range(self.rounds):
            with self.start() as container:
                found = container.processes()
                if not found["qemu"] or not found["virtiofsd"]:
                    raise RuntimeError(f"processes of {container.id}: {found} (expected: a QEMU and a virtiofsd)")
                owned = found["qemu"] + found["virtiofsd"]
                shim = container.shim()
                shim.kill()
                returned = time.perf_counter()
                left = [pid for pid in owned if processes.exists(pid)]
                there += bool(left)
                while any(processes.exists(pid) for pid in owned) and time.perf_counter() - returned < GONE_LIMIT_S:
                    time.sleep(0.0005)
                gone_ms.append((time.perf_counter() - returned) * 1000 if left else 0.0)
        return [
            row(f"kill: VM still there, of {self.rounds}", "", saya=there, budget=0),
            row("kill returned to VM gone, worst", "ms", saya=max(gone_ms), budget=0),
        ]

    def memory(self) -> list[dict]:
        rows = []
        with self.start(RUNC) as container:
            runc = processes.memory(container.processes()["shim"])
        # A second sandbox, so that what all daemons share does not count as private to the only one.
        with self.start(), self.start() as container:
            found = container.processes()
            used = {kind: processes.memory(pids) for kind, pids in found.items()}
            rows.append(row("shim private, as it is ready", "MB", runc["uss"], None, used["shim"]["uss"]))
            rows.append(row("shim PSS", "MB", runc["pss"], None, used["shim"]["pss"]))
            for kind in ("guard", "task", "qemu", "virtiofsd"):
                rows.append(row(f"{kind} private", "MB", saya=used[kind]["uss"]))
                rows.append(row(f"{kind} PSS", "MB", saya=used[kind]["pss"]))
            time.sleep(2)  # idle means that start-up is over
            before = processes.cpu_seconds(found["shim"] + found["guard"])
            time.sleep(10)
            idle = processes.cpu_seconds(found["shim"] + found["guard"]) - before
            rows.append(row("idle shim and guard, CPU in 10 s", "ms", saya=idle * 1000))
            settled = processes.memory(found["shim"])
            rows.append(row("shim private, 12 s after start", "MB", saya=settled["uss"], budget=28))
            shim = container.shim()
            for number in range(self.execs):
                shim.run(f"m{number}", ["/bin/true"])
            time.sleep(6)  # longer than -XX:TrimNativeHeapInterval
            after = processes.memory(found["shim"])
            rows.append(row(f"shim private, after {self.execs} execs", "MB", saya=after["uss"], budget=32))
        return rows

    def freed(self) -> list[dict]:
        """What a sandbox costs the host before and after a program has used a gibibyte: as memory, and as a file that is removed."""
        rows = []
        uses = {
            "memory": ["/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1024M", "count=1"],
            "files": ["/bin/sh", "-c", "dd if=/dev/zero of=/dev/shm/file bs=1M count=1024 && rm /dev/shm/file"],
        }
        shm = ("--mount", "type=tmpfs,src=tmpfs,dst=/dev/shm,options=size=1100m")
        for name, command in uses.items():
            with self.start(options=("--memory-limit", str(GIB + (128 << 20)), *shm)) as container:
                shim = container.shim()
                shim.run("warm", ["/bin/sh", "-c", "dd if=/dev/zero of=/dev/null bs=64M count=1"])
                time.sleep(GIVEN_BACK_S / 3)
                before = self.cost(container)
                watch = Peak(lambda chosen=container: self.cost(chosen))
                shim.run("use", command)
                freed = time.perf_counter()
                peak = watch.end()
                after, seconds = self.cost(container), None
                while time.perf_counter() - freed < GIVEN_BACK_S:
                    after = self.cost(container)
                    if after <= before * 1.1:
                        seconds = time.perf_counter() - freed
                        break
                    time.sleep(0.2)
                if peak < before + GIB / 1e6 / 2:
                    raise RuntimeError(f"{name}: {before} MB before and {peak} MB at most, so no gibibyte was used")
                rows.append(row(f"a gibibyte of {name}: before", "MB", saya=before))
                rows.append(row(f"a gibibyte of {name}: in use", "MB", saya=peak))
                rows.append(row(f"a gibibyte of {name}: freed, within 30 s", "MB", saya=after, ratio=after / before, budget=1.1))
                rows.append(row(f"a gibibyte of {name}: until within 10 %", "s", saya=seconds, budget=GIVEN_BACK_S))
        return rows

    @staticmethod
    def cost(container: Container) -> float:
        """Proportional memory of all processes of a sandbox, MB."""
        return processes.memory([pid for pids in container.processes().values() for pid in pids])["pss"]


class Peak:
    """The largest value of something, looked at five times a second until the end."""

    def __init__(self, look):
        self.look, self.most, self.over = look, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.over.wait(0.2):
            self.most = max(self.most, self.look())

    def end(self) -> float:
        self.over.set()
        self.thread.join()
        return self.most


def drain(path: str) -> dict[str, float]:
    """Opens a FIFO, reads it to its end."""
    fd = os.open(path, os.O_RDONLY)
    try:
        count = first = len(os.read(fd, 1 << 18))
        begin = last = time.perf_counter()
        while data := os.read(fd, 1 << 18):
            count += len(data)
            last = time.perf_counter()
    finally:
        os.close(fd)
    return {"count": count, "rate": (count - first) / max(last - begin, 1e-9)}
