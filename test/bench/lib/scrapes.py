"""What it costs a sandbox to be scraped: two side by side, of which one is. README.md says why."""

import glob
import os
import signal
import socket
import time

import processes
from measures import row

SETTLED_S = 12  # what the compiler needed for the start is given back by then
TRIMMED_S = 6  # longer than -XX:TrimNativeHeapInterval
WARM = 100
FLAT_MB = 1  # what a collection more or less makes, and a method compiled late
FLAT_FROM = 10_000  # before that, what scrapes run is still being compiled


def rows(bench, count: int) -> list[dict]:
    # A third, so that what all daemons share does not count as private to one of two.
    with bench.start(), bench.start() as never, bench.start() as scraped:
        shim, path = scraped.processes()["shim"], management_socket(scraped.id)
        time.sleep(SETTLED_S)
        before = processes.memory(shim)["uss"]
        for _ in range(WARM):
            scrape(path)
        time.sleep(TRIMMED_S)
        warm = processes.memory(shim)["uss"]
        cpu = processes.cpu_seconds(shim)
        first = count // 10
        longest = max(scrape(path) for _ in range(first))
        between = processes.cpu_seconds(shim)
        time.sleep(TRIMMED_S)
        early = processes.memory(shim)["uss"]
        cpu += processes.cpu_seconds(shim) - between  # a look at memory is none of theirs
        longest = max(longest, *(scrape(path) for _ in range(count - first)))
        cpu = (processes.cpu_seconds(shim) - cpu) / count
        time.sleep(TRIMMED_S)
        after = processes.memory(shim)["uss"]
        aside = processes.memory(never.processes()["shim"])["uss"]
        qemu = scraped.processes()["qemu"][0]
        os.kill(qemu, signal.SIGSTOP)
        try:
            deaf = scrape(path)
        finally:
            os.kill(qemu, signal.SIGCONT)
    return [
        row("shim private, never scraped", "MB", saya=aside, budget=32),
        row("shim private, scraped", "MB", saya=after),
        row(f"growth by {WARM} scrapes", "MB", saya=warm - before, budget=4),
        row(f"growth by {first} more", "MB", saya=early - warm),
        row(f"growth by the {count - first} after those", "MB", saya=after - early, budget=FLAT_MB if count >= FLAT_FROM else None),
        row("growth beside one that is not scraped", "MB", saya=after - aside, budget=4),
        row("processor time of a scrape", "ms", saya=cpu * 1000, budget=50),
        row("longest scrape", "ms", saya=longest * 1000),
        row("a scrape of a deaf guest", "s", saya=deaf, budget=5),
    ]


def management_socket(sandbox: str) -> str:
    """The socket in the run directory, whose name begins with what fits of the id."""
    for path in glob.glob("/run/saya/*/saya.sock"):
        if os.path.basename(os.path.dirname(path)).startswith(sandbox[:40]):
            return path
    raise RuntimeError(f"sandbox {sandbox} has no management socket")


def scrape(path: str) -> float:
    """Reads /metrics to its end; returns the seconds that it took."""
    begin = time.perf_counter()
    answer = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: saya\r\n\r\n")
        while piece := connection.recv(1 << 18):
            answer += piece
    if not answer.startswith(b"HTTP/1.1 200 ") or b"\nsaya_guest_answered " not in answer:
        raise RuntimeError(f"a scrape was answered with {answer[:200]!r}")
    return time.perf_counter() - begin
