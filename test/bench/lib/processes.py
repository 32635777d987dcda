"""What the host's kernel tells of a sandbox's processes."""

import os

KINDS = {
    "shim": ("io.saya.shim.Main", "containerd-shim-runc-v2"),
    "guard": ("saya-guard",),
    "task": ("saya-task",),
    "qemu": ("qemu-system",),
    "virtiofsd": ("virtiofsd",),
}


def arguments(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().replace("\0", " ")
    except OSError:
        return ""


def of_sandbox(word: str) -> dict[str, list[int]]:
    """Processes by kind that have the word (a sandbox's id or run directory) among their arguments."""
    found: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        text = arguments(int(name))
        if word not in text:
            continue
        for kind, marks in KINDS.items():
            if any(mark in text.split(" ")[0] or (mark.startswith("io.") and mark in text) for mark in marks):
                found[kind].append(int(name))
                break
    return found


def memory(pids: list[int]) -> dict[str, float]:
    """Private memory (USS) and proportional share (PSS) of the processes together, MB (10^6 bytes)."""
    total = {"uss": 0, "pss": 0, "anonymous": 0}
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file if line.split(":", 1)[0].isidentifier() or "_" in line.split(":")[0])
        figures = {key: int(value.split()[0]) * 1024 for key, value in lines.items() if value.strip().endswith("kB")}
        total["uss"] += figures["Private_Clean"] + figures["Private_Dirty"]
        total["pss"] += figures["Pss"]
        total["anonymous"] += figures["Anonymous"]
    return {key: round(value / 1e6, 1) for key, value in total.items()}


def cpu_seconds(pids: list[int]) -> float:
    """Processor time used by the processes so far."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            words = file.read().rsplit(")", 1)[1].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def started_at(pid: int) -> float:
    """When a process was made, in seconds of CLOCK_BOOTTIME."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return int(file.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")


def exists(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def expect_restored(pid: int) -> None:
    """A QEMU that waits for the state of another says so on its command line."""
    if " -incoming " not in arguments(pid):
        raise RuntimeError(f"QEMU {pid} has booted (expected: started from the template)")
