"""Prints the seconds from a byte sent to ADDRESS PORT until it has come back: the median of COUNT, without the first tenth."""

import socket
import statistics
import sys
import time


def main(address: str, port: str, count: str) -> None:
    with socket.create_connection((address, int(port)), timeout=10) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seconds = []
        for _ in range(int(count)):
            begin = time.perf_counter()
            peer.sendall(b"x")
            if peer.recv(16) != b"x":
                sys.exit(f"{address} port {port}: what came back is not what was sent")
            seconds.append(time.perf_counter() - begin)
    print(statistics.median(seconds[len(seconds) // 10 :]))


if __name__ == "__main__":
    main(*sys.argv[1:])
