"""Small files and large ones in a container's root, in each of the ways in which Saya has one; README.md says how they are taken."""

import statistics

from measures import RUNC, SAYA, Bench, row
from runtimes import IMAGE_WITH_PROGRAMS

FILES = 2000
MEGABYTES = 40  # less than /dev/shm has
FIO = "fio --name=f --filename=fio --size=24m --ioengine=psync --fallocate=none --minimal --output=/dev/null"
# What is done, one after the other, in a directory of its own. What a step needs, those before it have made.
STEPS = {
    f"create {FILES} files": f"mkdir many; i=0; while [ $i -lt {FILES} ]; do echo x > many/$i; i=$((i+1)); done",
    f"stat {FILES} files": "ls -l many > /dev/null",
    f"tar {FILES} files": "tar cf many.tar many",
    f"untar {FILES} files": "mkdir again; tar xf many.tar -C again",
    f"remove {2 * FILES} files": "rm -r many again",
    f"write {MEGABYTES} MiB": f"dd if=/dev/zero of=large bs=1M count={MEGABYTES} 2> /dev/null",
    f"write {MEGABYTES} MiB, fsync": f"dd if=/dev/zero of=large bs=1M count={MEGABYTES} conv=fsync 2> /dev/null",
    f"read {MEGABYTES} MiB": "cat large > /dev/null",
    "git, clone of 300 commits": "rm large; git clone -q --template= -u 'git upload-pack' --no-local /srv/repository clone",
    "npm's tree, 500 packages unpacked": "rm -r clone; mkdir npm; tar xf /srv/npm.tar -C npm",
    "npm's tree, each file read": "find npm -type f -exec cat {} + > /dev/null",
    "sqlite, 100 transactions": "rm -r npm; sqlite3 -bail database < /srv/transactions.sql > /dev/null",
    "fio, random writes of 4 KiB": f"rm database; {FIO} --rw=randwrite --bs=4k --io_size=8m --end_fsync=1",
    "fio, random reads of 4 KiB": f"{FIO} --rw=randread --bs=4k --io_size=8m",
    "fio, writes of 1 MiB one after the other": f"{FIO} --rw=write --bs=1m --end_fsync=1",
    "fio, reads of 1 MiB one after the other": f"{FIO} --rw=read --bs=1m",
}


def take(container, directory: str, rounds: int) -> dict[str, float]:
    """Medians in seconds of each step in a directory of the container, by the host's clock, an exec's own time included."""
    shim = container.shim()
    seconds: dict[str, list[float]] = {step: [] for step in STEPS}
    for turn in range(rounds):
        place = f"{directory}/bench{turn}"
        name = f"f{len(directory)}-{turn}"
        shim.run(f"{name}-begin", ["/bin/mkdir", place])
        for number, (step, script) in enumerate(STEPS.items()):
            whole = f"set -e; export PATH=/usr/sbin:/usr/bin:/sbin:/bin; cd {place}; {script}"
            seconds[step].append(shim.run(f"{name}-{number}", ["/bin/sh", "-c", whole]))
        shim.run(f"{name}-end", ["/bin/rm", "-r", place])  # /dev/shm has room for one turn
    return {step: statistics.median(values) for step, values in seconds.items()}


def rows(bench: Bench, saya: str) -> list[dict]:
    with bench.start(RUNC, image=IMAGE_WITH_PROGRAMS) as container:
        runc = take(container, "", bench.rounds)
    lines = []
    for upper in ("disk", "share"):
        path = f"{bench.containerd.directory}/{upper}.toml"
        with open(f"{saya}/share/defaults/saya/configuration.toml", encoding="utf-8") as shipped, open(path, "w", encoding="utf-8") as file:
            file.write(shipped.read().replace('#rootfs_upper = "auto"', f'rootfs_upper = "{upper}"'))
        with bench.start(SAYA, ("--runtime-config-path", path), image=IMAGE_WITH_PROGRAMS) as container:
            own = take(container, "/dev/shm", bench.rounds)
            root = take(container, "", bench.rounds)
        for step in STEPS:
            lines.append(row(f"{step}, {upper}", "s", runc[step], own[step], root[step], root[step] / own[step]))
    return lines
