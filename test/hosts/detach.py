"""detach.py RUNTIME IMAGE COMMAND-LINE...: detaches from a terminal by its keys, attaches again, and goes on in the same shell."""

import os
import pty
import select
import sys
import time

LIMIT = 60
KEYS = b"\x10\x11"  # ctrl-p, ctrl-q


def spawn(*arguments):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(arguments[0], arguments)
    return pid, terminal


def expect(terminal, wanted):
    """Reads until `wanted` has come."""
    seen, deadline = b"", time.monotonic() + LIMIT
    while wanted not in seen:
        if time.monotonic() >= deadline or not select.select([terminal], [], [], deadline - time.monotonic())[0]:
            sys.exit(f"no {wanted!r} within {LIMIT} s; so far: {seen!r}")
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            piece = b""
        if not piece:
            sys.exit(f"the terminal ended before {wanted!r} came: {seen!r}")
        seen += piece


def leave(pid, terminal, last):
    """Waits for the client's end, and reads meanwhile, without which it might not end; its status."""
    os.write(terminal, last)
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                os.read(terminal, 4096)
            except OSError:
                pass
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
    sys.exit(f"the client did not end within {LIMIT} s of {last!r}")


runtime, image, *client = sys.argv[1:]
first = spawn(*client, "run", "-it", "--name", "c1", "--runtime", runtime, image, "sh")
expect(first[1], b"# ")
os.write(first[1], b"kept=$((40 + 2))\n")
expect(first[1], b"# ")
leave(*first, KEYS)
second = spawn(*client, "attach", "c1")
time.sleep(1)  # nothing tells when a client is attached
os.write(second[1], b"echo still-$kept\n")
expect(second[1], b"still-42")
status = leave(*second, b"exit 6\n")
if status != 6:
    sys.exit(f"status {status} (expected: 6)")
