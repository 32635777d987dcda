#!/usr/bin/env python3
"""hand.py WORD SECONDS: in the network namespace of a QEMU of the fault suite, has the hand in its guest (init) do what the word says.

Succeeds when the hand answers, or is not there any more to do so.
"""
import socket
import sys
import time

word, limit = sys.argv[1], float(sys.argv[2])
deadline = time.monotonic() + limit


def connect():
    """QEMU listens a moment after it was started."""
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect("\0saya-hand")
            return connection
        except ConnectionRefusedError:
            connection.close()
            if time.monotonic() > deadline:
                sys.exit("nobody listens in QEMU")
            time.sleep(0.05)


# While the guest boots nobody listens yet, and its kernel may learn late that somebody is here; a word said twice does no harm.
while time.monotonic() < deadline:
    with connect() as hand:
        hand.settimeout(5)
        try:
            hand.sendall(word.encode() + b"\n")
            hand.recv(64)
            sys.exit(0)
        except ConnectionError:
            sys.exit(0)
        except TimeoutError:
            pass
sys.exit(f"no answer within {limit} s")
