"""Runs a command on a pseudo terminal, resizes it, and checks that the shell behind it sees a terminal of that size."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LIMIT = 60


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def expect(fd, wanted, seen, nudge=lambda: None):
    """Reads until `wanted` has come; `seen` collects everything. Calls `nudge` every second until then."""
    deadline = time.monotonic() + LIMIT
    while wanted not in seen[0]:
        if time.monotonic() >= deadline:
            sys.exit(f"no {wanted!r} within {LIMIT} s; so far: {seen[0]!r}")
        if not select.select([fd], [], [], 1)[0]:
            nudge()
            continue
        try:
            piece = os.read(fd, 4096)
        except OSError:
            piece = b""
        if not piece:
            sys.exit(f"the terminal ended before {wanted!r} came: {seen[0]!r}")
        seen[0] += piece


pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = [b""]
set_size(terminal, 33, 101)
expect(terminal, b"# ", seen)
os.write(terminal, b"tty && echo terminal-$((40 + 2))\n")
expect(terminal, b"terminal-42", seen)
set_size(terminal, 44, 132)
os.write(terminal, b"while [ \"$(stty size)\" != '44 132' ]; do sleep 0.1; done; echo size-$((40 + 4))\n")
# ctr looks at the size, tells it, and only then listens for changes: one that falls between is lost, with every runtime.
expect(terminal, b"size-44", seen, lambda: os.kill(pid, signal.SIGWINCH))
os.write(terminal, b"exit 5\n")
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if status != 5:
    sys.exit(f"status {status} (expected: 5)")
