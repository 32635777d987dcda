"""A client of a shim's ttrpc socket, of one call at a time: enough to time the shim without containerd and ctr in front of it."""

import json
import os
import socket
import struct
import time

HEADER = struct.Struct(">IIBB")
REQUEST, RESPONSE = 1, 2
SERVICE = b"containerd.task.v2.Task"
CALL_LIMIT_S = 60
PROCESS_TYPE = b"types.containerd.io/opencontainers/runtime-spec/1/Process"


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, value: bytes | str | int) -> bytes:
    """One protobuf field: bytes and text by length, integers as varint; an empty one is left out."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value) if value else b""
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data if data else b""


def fields(data: bytes):
    """(number, value) of each field of a message."""
    at = 0

    def take() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(data):
        tag = take()
        if tag & 7 == 0:
            yield tag >> 3, take()
        elif tag & 7 == 2:
            length = take()
            yield tag >> 3, data[at : at + length]
            at += length
        else:
            raise ValueError(f"wire type {tag & 7} in a reply (expected: 0 or 2)")


class Refused(Exception):
    """A reply whose status is not OK."""


class Shim:
    """The task service of one container's shim, found by the `address` file of its bundle."""

    def __init__(self, bundle: str, container: str):
        self.container = container
        with open(os.path.join(bundle, "address"), encoding="utf-8") as file:
            address = file.read().strip()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(CALL_LIMIT_S)
        self.socket.connect(address.removeprefix("unix://"))
        self.stream = 1
        self.received = b""

    def close(self) -> None:
        self.socket.close()

    def call(self, method: str, payload: bytes) -> bytes:
        body = field(1, SERVICE) + field(2, method) + field(3, payload)
        stream, self.stream = self.stream, self.stream + 2
        self.socket.sendall(HEADER.pack(len(body), stream, REQUEST, 0) + body)
        length, answered, kind, _ = HEADER.unpack(self.take(HEADER.size))
        body = self.take(length)
        if (answered, kind) != (stream, RESPONSE):
            raise Refused(f"{method}: frame of type {kind} on stream {answered} (expected: {RESPONSE} on {stream})")
        reply = b""
        for number, value in fields(body):
            if number == 1 and dict(fields(value)).get(1, 0):
                raise Refused(f"{method}: {dict(fields(value)).get(2, b'').decode(errors='replace')}")
            if number == 2:
                reply = value
        return reply

    def take(self, size: int) -> bytes:
        while len(self.received) < size:
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionError(f"the shim of {self.container} closed the connection")
            self.received += data
        data, self.received = self.received[:size], self.received[size:]
        return data

    # ---- the calls that are timed

    def exec_begin(self, name: str, arguments: list[str], stdout: str = "", stderr: str = "") -> None:
        process = {"args": arguments, "cwd": "/", "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0}}
        spec = field(1, PROCESS_TYPE) + field(2, json.dumps(process))
        self.call("Exec", field(1, self.container) + field(2, name) + field(5, stdout) + field(6, stderr) + field(7, spec))
        self.call("Start", field(1, self.container) + field(2, name))

    def exec_end(self, name: str) -> int:
        ids = field(1, self.container) + field(2, name)
        status = dict(fields(self.call("Wait", ids))).get(1, 0)
        self.call("Delete", ids)
        return status

    def run(self, name: str, arguments: list[str]) -> float:
        """Seconds for Exec, Start, Wait and Delete of a program that succeeds."""
        begin = time.perf_counter()
        self.exec_begin(name, arguments)
        status = self.exec_end(name)
        seconds = time.perf_counter() - begin
        if status:
            raise Refused(f"{arguments}: exit status {status} (expected: 0)")
        return seconds

    def kill(self, number: int = 9) -> None:
        self.call("Kill", field(1, self.container) + field(3, number))
