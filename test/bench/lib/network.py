"""What a pod's network costs: beside the same guest whose tap has a port of the same bridge, without filters and without a pod."""

import os
import re
import statistics
import subprocess
import tempfile

import bare
from lan import HAND, PODS, SERVERS, Lan
from measures import RUNC, SAYA, Bench, row

HERE = os.path.dirname(os.path.abspath(__file__))
MAC = "52:54:00:62:65:01"
TRIPS = 1000
ADDRESSES = {"bare": HAND, **PODS}


def rows(bench: Bench, seconds: int) -> list[dict]:
    with Lan() as lan:
        return traffic(bench, lan, seconds) + starts(bench, lan) + phases(bench, lan)


# ---- bytes and answers


def traffic(bench: Bench, lan: Lan, seconds: int) -> list[dict]:
    """All are there at once and are asked by turns: those that wait use no processor, and one busy moment of the host hits none alone."""
    figures: dict[str, dict[str, list[float]]] = {what: {who: [] for who in ADDRESSES} for what in ("in", "out", "trip")}

    def pod(who: str, runtime: str):
        return bench.start(runtime, ("--with-ns", f"network:{lan.pod(who)}"), ("/bin/sh", "-c", SERVERS))

    with ByHand(bench.size, lan) as hand, pod("saya", SAYA) as saya, pod("runc", RUNC) as runc:
        lan.await_servers(ADDRESSES["bare"], lambda: hand.qemu.poll() is None)
        lan.await_servers(ADDRESSES["saya"], lambda: saya.processes()["qemu"])
        lan.await_servers(ADDRESSES["runc"], lambda: runc.processes()["shim"])
        for _ in range(bench.rounds):
            for who, address in ADDRESSES.items():
                figures["trip"][who].append(lan.round_trip_s(address, TRIPS) * 1e6)
            for what, out in (("in", False), ("out", True)):
                for who, address in ADDRESSES.items():
                    figures[what][who].append(lan.bytes_per_s(address, seconds, out) / 1e6)
    middle = {what: {who: statistics.median(values) for who, values in by.items()} for what, by in figures.items()}
    ratio = {what: by["saya"] / by["bare"] for what, by in middle.items()}
    return [
        row("network, into the pod", "MB/s", **middle["in"], ratio=ratio["in"]),
        row("network, out of the pod", "MB/s", **middle["out"], ratio=ratio["out"]),
        row("network, request and answer", "us", **middle["trip"], ratio=ratio["trip"]),
    ]


def card(lan: Lan) -> tuple[str, ...]:
    """QEMU's words for a card as Saya's, on the tap of the bridge."""
    return (
        "-netdev", f"tap,id=net0,ifname={lan.tap},script=no,downscript=no",
        "-device", f"virtio-net-pci,netdev=net0,mac={MAC},romfile=,disable-legacy=on",
    )  # fmt: skip


class ByHand:
    """QEMU alone with the default guest's kernel and image, whose init is guest-network."""

    def __init__(self, size: dict[str, str], lan: Lan):
        self.size, self.lan = size, lan

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="saya-bench-")
        path, tree = self.directory.name, f"{self.directory.name}/tree"
        subprocess.run(["cp", "-R", os.environ["BENCH_DIRECTORY"] + "/tools", tree], check=True)
        with open(f"{tree}/servers", "w", encoding="ascii") as file:
            file.write(SERVERS + "\n")
        share = f"{bare.TOP}/packaging/target/saya/share/saya"
        bare.archive(f"{path}/initrd", f"{HERE}/../guest-network", f"{share}/saya-initrd.img", tree)
        chosen = bare.options(self.size, f"{path}/initrd", ["rdinit=/bench", f"bench.address={HAND}"], card(self.lan))
        chosen.qemu = " ".join([*self.lan.inside, chosen.qemu])
        self.log = open(f"{path}/console", "wb")
        # A session of its own, as Saya's QEMU has: the host's scheduler shares processors out by sessions.
        self.qemu = subprocess.Popen(
            bare.bare_vm.command(chosen, path), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )
        return self

    def __exit__(self, kind, *_):
        self.qemu.kill()
        self.qemu.wait()
        self.log.close()
        if kind:
            with open(self.log.name, errors="replace", encoding="utf-8") as console:
                print("the end of the bare guest's console:\n" + console.read()[-2000:])
        self.directory.cleanup()


# ---- milliseconds of a start


def starts(bench: Bench, lan: Lan) -> list[dict]:
    """A start with an interface less one without, by turns; of bare QEMU as well, since a guest pays for the card itself."""
    seconds: dict[str, list[float]] = {f"{who}{cards}": [] for who in ("bare", "saya") for cards in (0, 1)}
    with_pod = ("--with-ns", f"network:{lan.pod('saya')}")
    for _ in range(bench.rounds):
        seconds["bare0"].append(bare.ready(bench.size))
        seconds["bare1"].append(bare.ready(bench.size, card(lan), lan.inside))
        for cards, options in enumerate(((), with_pod)):
            with bench.start(SAYA, options) as container:
                seconds[f"saya{cards}"].append(container.ready_s)
    middle = {name: statistics.median(values) * 1000 for name, values in seconds.items()}
    added = {who: middle[f"{who}1"] - middle[f"{who}0"] for who in ("bare", "saya")}
    return [row("network, added to a start", "ms", bare=added["bare"], saya=added["saya"])]


def phases(bench: Bench, lan: Lan) -> list[dict]:
    """What the daemon itself says, at level debug: before QEMU can start, and while the guest boots."""
    found: dict[str, list[float]] = {"scan_us": [], "record_and_prepare_us": [], "us": []}
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="ascii") as file:
        file.write("[runtime]\nenable_debug = true\n")
        file.flush()
        options = ("--with-ns", f"network:{lan.pod('saya')}", "--runtime-config-path", file.name)
        log = f"{bench.containerd.directory}/containerd.log"
        for _ in range(bench.rounds):
            before = os.path.getsize(log)
            with bench.start(SAYA, options):
                pass
            with open(log, encoding="utf-8", errors="replace") as lines:
                lines.seek(before)
                text = lines.read()
            for key, values in found.items():
                said = re.search(rf"network (?:prepared|joined).*?\b{key}=(\d+)", text)
                if not said:
                    raise RuntimeError(f"no {key} in what the daemon logged at level debug")
                values.append(int(said[1]) / 1000)
    middle = {key: statistics.median(values) for key, values in found.items()}
    return [
        row("network, before QEMU starts: scan", "ms", saya=middle["scan_us"]),
        row("network, before QEMU starts: record, prepare", "ms", saya=middle["record_and_prepare_us"]),
        row("network, while the guest boots: join", "ms", saya=middle["us"]),
    ]
