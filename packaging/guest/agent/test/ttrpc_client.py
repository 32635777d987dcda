"""A ttrpc client for the tests: requests may be in flight together, replies are taken in any order."""

import select
import socket
import struct
import sys
import time

from agent import agent_pb2, health_pb2, memory_pb2, ports_pb2

HEADER = struct.Struct(">IIBB")
REQUEST, RESPONSE = 1, 2

NOT_FOUND, ALREADY_EXISTS, INVALID_ARGUMENT, DEADLINE_EXCEEDED = 5, 6, 3, 4
RESOURCE_EXHAUSTED, FAILED_PRECONDITION, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 8, 9, 12, 13, 14


class Status(Exception):
    """A reply that is not OK."""

    def __init__(self, code: int, message: str):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Disconnected(Exception):
    pass


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields(data: bytes):
    """(number, value) of each field of a message."""

    def take():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    at = 0
    while at < len(data):
        tag = take()
        value = take()
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        yield tag >> 3, value


class Client:
    METHODS = {
        **{m.name: ("grpc.AgentService", m) for m in agent_pb2.DESCRIPTOR.services_by_name["AgentService"].methods},
        **{m.name: ("grpc.Health", m) for m in health_pb2.DESCRIPTOR.services_by_name["Health"].methods},
        **{m.name: ("saya.Memory", m) for m in memory_pb2.DESCRIPTOR.services_by_name["Memory"].methods},
        **{m.name: ("saya.Ports", m) for m in ports_pb2.DESCRIPTOR.services_by_name["Ports"].methods},
    }

    def __init__(self, path: str, limit: float = 20):
        self.limit = limit
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.stream = 1
        self.received = b""
        self.replies = {}

    def close(self) -> None:
        self.socket.close()

    # ---- frames

    def send_frame(self, stream: int, data: bytes, kind: int = REQUEST, flags: int = 0) -> None:
        self.socket.sendall(HEADER.pack(len(data), stream, kind, flags) + data)

    def next_stream(self) -> int:
        stream, self.stream = self.stream, self.stream + 2
        return stream

    def send(self, service: str, method: str, payload: bytes, timeout: float = 0) -> int:
        data = field(1, service.encode()) + field(2, method.encode()) + field(3, payload)
        if timeout:
            data += varint(4 << 3) + varint(int(timeout * 1e9))
        stream = self.next_stream()
        self.send_frame(stream, data)
        return stream

    def receive(self, until: float) -> None:
        """Takes one frame off the connection."""
        while True:
            if len(self.received) >= HEADER.size:
                length, stream, kind, _ = HEADER.unpack_from(self.received)
                end = HEADER.size + length
                if len(self.received) >= end:
                    assert kind == RESPONSE, kind
                    assert stream not in self.replies, f"two replies to {stream}"
                    self.replies[stream] = self.received[HEADER.size : end]
                    self.received = self.received[end:]
                    return
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise TimeoutError("no reply from the agent")
            data = self.socket.recv(1 << 20)
            if not data:
                raise Disconnected
            self.received += data

    def raw_reply(self, stream: int, limit: float | None = None) -> tuple[int, str, bytes]:
        until = time.monotonic() + (self.limit if limit is None else limit)
        while stream not in self.replies:
            self.receive(until)
        code, message, payload = 0, "", b""
        for number, value in fields(self.replies.pop(stream)):
            if number == 1:
                for inner, what in fields(value):
                    if inner == 1:
                        code = what
                    elif inner == 2:
                        message = what.decode()
            elif number == 2:
                payload = value
        return code, message, payload

    # ---- calls

    def begin(self, method: str, timeout: float = 0, **arguments) -> tuple[int, str]:
        """Sends a request; the reply is fetched with `end`."""
        service, descriptor = self.METHODS[method]
        message = message_class(descriptor.input_type)(**arguments)
        return self.send(service, method, message.SerializeToString(), timeout), method

    def end(self, pending: tuple[int, str], limit: float | None = None):
        stream, method = pending
        code, text, payload = self.raw_reply(stream, limit)
        if code:
            raise Status(code, text)
        return message_class(self.METHODS[method][1].output_type).FromString(payload)

    def call(self, method: str, timeout: float = 0, **arguments):
        return self.end(self.begin(method, timeout, **arguments))

    def is_answered(self, pending: tuple[int, str], within: float) -> bool:
        until = time.monotonic() + within
        try:
            while pending[0] not in self.replies:
                self.receive(until)
        except TimeoutError:
            return False
        return True


def message_class(descriptor):
    # Debian's protobuf has the class on the descriptor, newer ones in a factory.
    if hasattr(descriptor, "_concrete_class"):
        return descriptor._concrete_class
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(descriptor)


if __name__ == "__main__":
    sys.exit("this is a module of the tests")
