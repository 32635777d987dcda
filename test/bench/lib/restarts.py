"""How long nobody serves a sandbox whose daemon was killed, taken apart; what it costs that another one may follow. README.md says why."""

import calendar
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time

import processes
from measures import row

ALLOWED = 10  # of one sandbox within an hour
BUDGET_S = 2.0
EXECS_BEFORE = 20
EXECS = 200
LIMIT_S = 30
LINES = ("/bin/sh", "-c", "i=0; while :; do echo $i; i=$((i + 1)); sleep 0.02; done")

# What the next daemon logs when it has taken over: how long each part took, ms.
PARTS = {
    "records_ms": "records read",
    "taken_over_ms": "machine and streams taken on",
    "agent_ms": "agent speaks",
    "serves_ms": "serves",
}


def configuration(directory: str, restarts: int) -> tuple[str, ...]:
    path = f"{directory}/restarts-{restarts}.toml"
    with open(path, "w", encoding="ascii") as file:
        file.write(f"[runtime]\ndaemon_restarts = {restarts}\n")
    return ("--runtime-config-path", path)


def rows(bench) -> list[dict]:
    with tempfile.TemporaryDirectory(prefix="saya-bench-", dir="/run") as directory:
        may, may_not = configuration(directory, 3), configuration(directory, 0)
        return [
            *killed(bench, configuration(directory, ALLOWED)),
            *starts(bench, may, may_not),
            *calls(bench, may, may_not),
            *memory(bench, may, may_not),
        ]


def beside(measure: str, unit: str, figures: dict[bool, float], **budget) -> dict:
    """A row of what the option costs: with it, and in the column of bare QEMU without it."""
    return row(f"{measure} (bare: without restarts)", unit, bare=figures[False], saya=figures[True], **budget)


def medians(values: dict[bool, list[float]]) -> dict[bool, float]:
    return {which: statistics.median(of) for which, of in values.items()}


def starts(bench, may: tuple[str, ...], may_not: tuple[str, ...]) -> list[dict]:
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * bench.rounds):
        with bench.start(options=may if turn(number) else may_not) as container:
            seconds[turn(number)].append(container.ready_s)
    middle = medians(seconds)
    return [beside("ready", "s", middle, ratio=middle[True] / middle[False])]


def turn(number: int) -> bool:
    """Whose turn it is: neither is always the first of a pair."""
    return number % 4 in (0, 3)


def calls(bench, may: tuple[str, ...], may_not: tuple[str, ...]) -> list[dict]:
    """Execs and output by turns, with the processor time of daemon and guard."""
    execs: dict[bool, list[float]] = {True: [], False: []}
    rates: dict[bool, list[float]] = {True: [], False: []}
    used: dict[bool, float] = {}
    with bench.start(options=may) as one, bench.start(options=may_not) as other:
        containers = {True: one, False: other}
        shims = {which: container.shim() for which, container in containers.items()}
        for number in range(EXECS_BEFORE):
            for shim in shims.values():
                shim.run(f"w{number}", ["/bin/true"])
        before = {which: cpu(container) for which, container in containers.items()}
        for number in range(2 * EXECS):
            execs[turn(number)].append(shims[turn(number)].run(f"e{number}", ["/bin/true"]))
        for which, container in containers.items():
            used[which] = (cpu(container) - before[which]) / EXECS * 1000
        for number in range(2 * bench.rounds):
            rates[turn(number)].append(bench.stream(shims[turn(number)], f"s{number}") / 1e6)
        for shim in shims.values():
            shim.close()
    middle, rate = medians(execs), medians(rates)
    return [
        beside("exec /bin/true", "s", middle, ratio=middle[True] / middle[False], budget=1.03),
        beside("processor time of daemon and guard for it", "ms", used),
        beside("stdout", "MB/s", rate, ratio=rate[True] / rate[False]),
    ]


def cpu(container) -> float:
    found = container.processes()
    return processes.cpu_seconds(found["shim"] + found["guard"])


def memory(bench, may: tuple[str, ...], may_not: tuple[str, ...]) -> list[dict]:
    """Of two daemons side by side, and a third that keeps what all share from being private to one."""
    with bench.start(), bench.start(options=may) as one, bench.start(options=may_not) as other:
        for number in range(EXECS_BEFORE):
            for container in (one, other):
                container.shim().run(f"w{number}", ["/bin/true"])
        time.sleep(12)  # what the compiler needed is given back by then
        private = {}
        for which, container in ((True, one), (False, other)):
            found = container.processes()
            private[which] = processes.memory(found["shim"])["uss"] + processes.memory(found["guard"])["uss"]
    return [
        beside("daemon and guard, private", "MB", private),
        row("of that: for restarts", "MB", saya=private[True] - private[False], budget=1),
    ]


def killed(bench, options: tuple[str, ...]) -> list[dict]:
    parts: dict[str, list[float]] = {}
    with bench.start(options=options, command=LINES) as container:
        for number in range(ALLOWED):
            usual = exec_s(container, f"u{number}")
            for part, seconds in one(container, number, usual):
                parts.setdefault(part, []).append(seconds)
    middle = {part: statistics.median(values) for part, values in parts.items()}
    whole = middle.pop(ALL)
    return [
        row(f"exec asked for at the death of a daemon, {ALLOWED} times", "s", saya=whole, budget=BUDGET_S),
        row("the longest of them", "s", saya=max(parts[ALL])),
        *(row(f"of that: {part}", "s", saya=seconds) for part, seconds in middle.items()),
    ]


ALL = "all"


def exec_s(container, name: str) -> float:
    begin = time.perf_counter()
    container.containerd.ctr("tasks", "exec", "--exec-id", name, container.id, "/bin/true")
    return time.perf_counter() - begin


def one(container, number: int, usual: float) -> list[tuple[str, float]]:
    daemon = container.processes()["shim"][0]
    os.kill(daemon, signal.SIGKILL)
    died, uptime = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
    whole = exec_s(container, f"k{number}")
    following = container.processes()["shim"]
    if len(following) != 1 or following[0] == daemon:
        raise RuntimeError(f"daemons of {container.id} after {daemon} was killed: {following} (expected: another one)")
    used = processes.cpu_seconds(following)
    started = processes.started_at(following[0]) - uptime
    log = until_logged(container)
    first = at(log, "configuration") - died
    took = {key: int(value) / 1000 for key, value in re.findall(r"\b(\w+_ms)=(\d+)", log[-1])}
    inside = sum(took[key] for key in PARTS)
    return [
        (ALL, whole),
        ("death noticed, another one executed", started),
        ("its JVM, until the first line", first - started),
        *((part, took[key]) for key, part in PARTS.items()),
        ("the exec, and what is left", whole - first - inside),
        ("an exec before", usual),
        ("processor time of the new daemon", used),
    ]


def until_logged(container) -> list[str]:
    """The daemon's log up to the line of its takeover, which comes after the first answers."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        done = subprocess.run(
            [f"{os.environ['BENCH_SAYA']}/bin/saya", "logs", container.id], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        lines = done.stdout.splitlines()
        for index, line in enumerate(lines):
            if "the daemon before has died" in line:
                return lines[: index + 1]
        time.sleep(0.1)
    raise RuntimeError(f"the daemon of {container.id} has not said within {LIMIT_S} s that it goes on")


def at(log: list[str], message: str) -> float:
    """When a message was logged, in seconds since 1970."""
    line = next(line for line in log if f'msg="{message}"' in line)
    text = re.match(r"([-0-9T:]+)\.(\d+)Z ", line)
    if not text:
        raise RuntimeError(f"no time in '{line}'")
    return calendar.timegm(time.strptime(text[1], "%Y-%m-%dT%H:%M:%S")) + float(f"0.{text[2]}")
