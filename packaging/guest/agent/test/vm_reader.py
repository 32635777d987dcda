"""A client that reads the output of a container into a file, to be killed at any moment: vm_reader.py SOCKET CONTAINER FILE.

What the file holds is what it is done with, so whoever comes next goes on there."""

import os
import re
import select
import sys
import time

from ttrpc_client import Client

LIMIT = 120
ASK_AGAIN = 0.3
# A ttrpc response on any stream: status OK, HealthCheckResponse.status 1.
ANSWER = re.compile(rb"\x00\x00\x00\x06....\x02\x00\x0a\x00\x12\x02\x08\x01", re.DOTALL)


def synchronize(client: Client) -> None:
    """Asks until the agent answers. In front may be the end of an answer to the peer before, and a first request is lost with that peer
    if the guest's kernel has it before it knows that somebody has come."""
    until = time.monotonic() + LIMIT
    seen = b""
    while (answer := ANSWER.search(seen)) is None:
        if time.monotonic() > until:
            raise TimeoutError(f"no answer from the agent, but {len(seen)} bytes")
        client.begin("Check")
        if select.select([client.socket], [], [], ASK_AGAIN)[0]:
            data = client.socket.recv(1 << 20)
            if not data:
                raise ConnectionError("the agent's channel ended")
            seen += data
    client.received = seen[answer.end() :]


def connect(path: str) -> Client:
    until = time.monotonic() + LIMIT
    while True:
        try:
            client = Client(path, LIMIT)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.002)
            continue
        client.socket.settimeout(LIMIT)
        return client


def main(path: str, container: str, file: str) -> None:
    client = connect(path)
    synchronize(client)
    with open(file, "ab", buffering=0) as out:
        while True:
            done = os.fstat(out.fileno()).st_size
            data = client.call("ReadStdout", container_id=container, len=64 << 10, position=done + 1, done=done).data
            if not data:
                return
            out.write(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
