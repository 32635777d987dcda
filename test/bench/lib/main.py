"""Runs the measures and shows them. Called by run.sh, which has started containerd."""

import argparse
import json
import os
import platform
import sys
import time
import traceback

import files
import jmh
import network
import restarts
import scrapes
import starts
from measures import Bench
from runtimes import Containerd

MEASURES = (
    *("ready", "template", "starts", "exec", "join", "stdout", "kill", "memory", "idle"),
    *("freed", "restarts", "scrapes", "network", "files", "ttrpc"),
)
COLUMNS = ("measure", "unit", "runc", "bare", "saya", "ratio", "budget", "verdict")
TITLES = {"bare": "bare QEMU", "saya": "Saya"}


def text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 0.001 else "0"
    return str(value)


def table(rows: list[dict]) -> str:
    lines = [[TITLES.get(column, column) for column in COLUMNS]]
    lines += [[text(line[column]) for column in COLUMNS] for line in rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(COLUMNS))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def measure(name: str, bench: Bench, arguments: argparse.Namespace) -> list[dict]:
    if name == "ttrpc":
        return jmh.rows(not arguments.full)
    if name == "network":
        return network.rows(bench, arguments.seconds)
    if name == "restarts":
        return restarts.rows(bench)
    if name == "scrapes":
        return scrapes.rows(bench, arguments.scrapes or (10_000 if arguments.full else 1000))
    if name == "starts":
        return starts.rows(bench)
    if name == "idle":
        return starts.idle_rows(bench)
    if name == "files":
        return files.rows(bench, os.environ["BENCH_SAYA"])
    return getattr(bench, name)()


def main() -> int:
    parser = argparse.ArgumentParser(prog="test/bench/run.sh", description="Saya beside runc's shim and QEMU alone, in one table.")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each measure; figures are medians (default: 5)")
    parser.add_argument("--only", action="append", choices=MEASURES, help="this measure only; may be repeated")
    parser.add_argument("--full", action="store_true", help="10,000 execs before the second look at memory, JMH in full length")
    parser.add_argument("--execs", type=int, help="execs before the second look at memory (default: 1000)")
    parser.add_argument("--scrapes", type=int, help="scrapes between two looks at memory (default: 1000, 10,000 with --full)")
    parser.add_argument("--megabytes", type=int, default=64, help="size of the stream through stdout, MiB (default: 64)")
    parser.add_argument("--seconds", type=int, default=3, help="length of each of iperf3's streams (default: 3)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    arguments = parser.parse_args()
    if "BENCH_CONTAINERD" not in os.environ:
        return 0  # run.sh has asked for the arguments to be checked
    containerd = Containerd(os.environ["BENCH_DIRECTORY"], os.environ["BENCH_CONTAINERD"], os.environ["BENCH_PATH"])
    execs = arguments.execs or (10_000 if arguments.full else 1000)
    bench = Bench(containerd, arguments.rounds, execs, arguments.megabytes << 20)
    rows, failed = [], 0
    for name in arguments.only or MEASURES:
        begin = time.monotonic()
        try:
            rows += measure(name, bench, arguments)
        except Exception as failure:  # one measure that fails must not take the others' figures along
            traceback.print_exc()
            failed += 1
            print(f"bench: {name} failed: {failure}", file=sys.stderr)
        print(f"bench: {name}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    environment = {
        "machine": f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, Linux {platform.release()}",
        "vm": bench._size,
        "rounds": arguments.rounds,
    }
    print(table(rows))
    print(f"\n{environment['machine']}; {arguments.rounds} rounds; VM: {environment['vm']}")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"environment": environment, "rows": rows, "failed": failed}, file, indent=2)
            file.write("\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
