#!/usr/bin/python3
"""Stands in for QEMU, and for the agent of its guest, where these are to do harm.

The daemon starts it as it starts QEMU: the sockets are inherited, and it has a root without files, a user without rights. It is a
VM whose guest does what it is told, but for the one thing that the word `hostile=WHERE:HOW` in the kernel's command line names:

    WHERE  a call of the agent (Check, CreateSandbox, ... or any), qmp, console, process
    HOW    see Agent.answer, Monitor.serve, flood_console, process
"""

import json
import os
import re
import signal
import socket
import struct
import sys
import threading
import time

HEADER = struct.Struct(">IIBB")
REQUEST, RESPONSE, DATA = 1, 2, 3
ESCAPES = "\x1b[31m\x07\x9b2J\r\x00\x85\u2028"
MEBIBYTE = bytes(1 << 20)
INTERNAL = 13


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(key: int, value: int) -> bytes:
    return varint(key << 3) + varint(value)


def fields(data: bytes) -> dict:
    """The last value of each field of a message; of what this program is sent, no other kinds occur."""
    found, at = {}, 0

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
        value = take()
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        found[tag >> 3] = value
    return found


def response(payload: bytes, code: int = 0, message: str = "") -> bytes:
    status = (number(1, code) if code else b"") + (field(2, message.encode()) if message else b"")
    return field(1, status) + field(2, payload)


class Agent:
    """The peer at the guest's serial port."""

    def __init__(self, listener: socket.socket, where: str, how: str):
        self.listener, self.where, self.how = listener, where, how
        self.waits = {}
        self.lock = threading.Lock()

    def serve(self):
        while True:
            peer, _ = self.listener.accept()
            self.waits.clear()
            try:
                self.requests(peer)
            except OSError:
                pass
            peer.close()

    def requests(self, peer: socket.socket):
        stream = peer.makefile("rb")
        while len(header := stream.read(HEADER.size)) == HEADER.size:
            length, stream_id, _, _ = HEADER.unpack(header)
            request = fields(stream.read(length))
            method, body = request[2].decode(), fields(request.get(3, b""))
            if self.where in (method, "any"):
                self.answer(peer, stream_id, method, body)
            else:
                self.obey(peer, stream_id, method, body)

    def send(self, peer: socket.socket, stream_id: int, payload: bytes, kind: int = RESPONSE):
        with self.lock:
            peer.sendall(HEADER.pack(len(payload), stream_id, kind, 0) + payload)

    # ---- as it should be

    def obey(self, peer, stream_id, method, body):
        name = (body.get(1, b""), body.get(2, b""))
        if method == "WaitProcess":
            if name[1] and name[1] != name[0]:
                self.send(peer, stream_id, response(b""))  # an exec ends at once
            else:
                self.waits[name[0]] = stream_id
        elif method == "SignalProcess":
            self.send(peer, stream_id, response(b""))
            if body.get(3, 0) in (9, 15):
                for waiting in self.waits.values():
                    self.send(peer, waiting, response(number(1, 128 + body[3])))
                self.waits.clear()
        elif method == "GetOOMEvent":
            pass
        elif method == "GetGuestDetails":
            self.send(peer, stream_id, response(field(2, field(1, b"3.30.0"))))
        elif method == "WriteStdin":
            self.send(peer, stream_id, response(number(1, max(1, len(body.get(3, b""))))))
        else:
            self.send(peer, stream_id, response(b""))

    # ---- as it should not be

    def answer(self, peer, stream_id, method, body):
        match self.how:
            case "silence":
                pass
            case "hangup":
                peer.shutdown(socket.SHUT_RDWR)
            case "garbage":
                peer.sendall(b"\xff" * 65536)
            case "malformed":
                self.send(peer, stream_id, response(b"\x0a\xff\xff\xff\xff\x07x"))
            case "envelope":
                self.send(peer, stream_id, b"\x0a\xff\xff\xff\xff\x07x")
            case "numbers":  # in each field the largest number, where a message or text is expected
                self.send(peer, stream_id, response(b"".join(number(n, 2**64 - 1) for n in range(1, 20))))
            case "long":
                self.send(peer, stream_id, response(field(99, MEBIBYTE[:-64] * 4)))
            case "unknown":  # as many unknown fields as are let through
                self.send(peer, stream_id, response(b"\xf8\x7f\x01" * 5000))
            case "endless":
                peer.sendall(HEADER.pack(0xFFFFFFFF, stream_id, RESPONSE, 0))
                while True:
                    peer.sendall(MEBIBYTE)
            case "error":
                self.send(peer, stream_id, response(b"", INTERNAL, ESCAPES * 900))
            case "unwanted":
                for other in range(1_000_001, 2_000_001, 2):
                    self.send(peer, other, response(field(1, b"x" * 1000)))
            case "twice":
                self.send(peer, stream_id, response(b""))
                self.send(peer, stream_id, response(b""))
            case "request":
                self.send(peer, stream_id, field(1, b"grpc.Health") + field(2, b"Check"), REQUEST)
            case "data":
                while True:
                    self.send(peer, stream_id, field(1, b"x"), DATA)
            case "trickle":
                whole = HEADER.pack(8192, stream_id, RESPONSE, 0) + bytes(8192)
                for byte in whole:
                    peer.sendall(bytes([byte]))
                    time.sleep(0.05)
            case "bytes":  # output byte by byte, without end
                self.send(peer, stream_id, response(field(1, b"x")))
            case "escapes":  # output, names and versions that steer a terminal
                text = ESCAPES.encode() * 100
                self.send(peer, stream_id, response(field(1, text) + field(2, field(1, text))))
            case "largest":
                self.largest(peer, stream_id, method, body)
            case _:
                raise ValueError(self.how)

    def largest(self, peer, stream_id, method, body):
        """The largest answers that are let through, to every call that has large ones."""
        if method in ("ReadStdout", "ReadStderr"):
            self.send(peer, stream_id, response(field(1, bytes(body[3]))))
        elif method == "StatsContainer":
            # Packed varints of one byte each: eight times as large in memory.
            usage = field(1, field(1, field(1, field(2, b"\x01" * 65000))))
            self.send(peer, stream_id, response(usage))
        elif method == "GetMetrics":
            lines = "".join(f'kata_guest_x{{item="{n}"}} 1\n' for n in range(17000))
            self.send(peer, stream_id, response(field(1, lines.encode())))
        elif method == "WaitProcess" and body.get(2, b"") != body.get(1, b""):
            self.waits[body[2]] = stream_id  # they stay, and so does their output
        elif method == "ExecProcess":
            self.send(peer, stream_id, response(b"\xf8\x7f\x01" * 5000))
        elif method == "WriteStdin":
            pass  # what clients write piles up at the daemon
        else:
            self.obey(peer, stream_id, method, body)


class Monitor:
    """QMP."""

    GREETING = {"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}}

    def __init__(self, listener: socket.socket, how: str):
        self.listener, self.how = listener, how

    def serve(self):
        while True:
            peer, _ = self.listener.accept()
            try:
                self.speak(peer)
            except OSError:
                pass
            peer.close()

    def speak(self, peer: socket.socket):
        match self.how:
            case "silence":
                time.sleep(3600)
            case "garbage":
                peer.sendall(os.urandom(65536) + b"\n")
            case "line":
                while True:
                    peer.sendall(b"x" * 65536)
            case "hangup":
                return
        say(peer, self.GREETING)
        threading.Thread(target=self.disturb, args=(peer,), daemon=True).start()
        for line in peer.makefile("rb"):
            command = json.loads(line)
            if self.how == "unanswered" and command["execute"] != "qmp_capabilities":
                continue
            if self.how == "error":
                say(peer, {"error": {"class": ESCAPES * 50, "desc": ESCAPES * 5000}, "id": command.get("id", 0)})
                continue
            if command["execute"] == "quit":
                os._exit(0)
            say(peer, {"return": {}, "id": command.get("id", 0)})

    def disturb(self, peer: socket.socket):
        try:
            match self.how:
                case "events":
                    while True:
                        peer.sendall(event("RTC_CHANGE", {"offset": 1}) * 100)
                case "blank":
                    while True:
                        peer.sendall(b"\n" * 65536)
                case "greetings":
                    while True:
                        say(peer, self.GREETING)
                case "trickle":
                    while True:
                        peer.sendall(b" ")
                case "long":
                    while True:
                        peer.sendall(event("RTC_CHANGE", {"text": "x" * 200_000}))
                case "stops":
                    while True:
                        peer.sendall(event("STOP", {}))
                        time.sleep(0.06)
                case "escapes":
                    peer.sendall(event(ESCAPES, {ESCAPES: ESCAPES * 100}))
                    peer.sendall(event("GUEST_PANICKED", {"action": ESCAPES, "info": {"type": ESCAPES}}))
                case "nested":
                    peer.sendall(b'{"event": ' + b'{"a": ' * 20000 + b"1" + b"}" * 20000 + b"}\n")
                case "numbers":
                    peer.sendall(b'{"return": [' + b"0," * 120_000 + b'0], "id": 77777}\n')
                case "answers":
                    while True:
                        say(peer, {"return": "x" * 60000, "id": 123456})
                        time.sleep(0.01)
                case "largest":
                    while True:
                        peer.sendall(b'{"return": [' + b"0," * 120_000 + b'0], "id": 77777}\n')
                        time.sleep(0.2)
        except OSError:
            pass


def say(peer: socket.socket, message: dict):
    peer.sendall(json.dumps(message).encode() + b"\r\n")


def event(name: str, data: dict) -> bytes:
    return json.dumps({"timestamp": {"seconds": 1, "microseconds": 2}, "event": name, "data": data}).encode() + b"\r\n"


def serve_console(listener: socket.socket, how: str):
    while True:
        peer, _ = listener.accept()
        try:
            peer.sendall(b"the guest boots\r\n")
            match how:
                case "flood":
                    while True:
                        peer.sendall(MEBIBYTE)
                case "lines":
                    while True:
                        peer.sendall(b"<3>kernel: oops\n" * 4096)
                case "escapes" | "largest":
                    while True:
                        peer.sendall(ESCAPES.encode() * 4096 + b"\n")
                case _:
                    while peer.recv(65536):
                        pass
        except OSError:
            pass
        peer.close()


def process(how: str):
    match how:
        case "exit":
            sys.exit("\x1b[31mno such\x07 machine")
        case "stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "output":
            while True:
                sys.stderr.write(ESCAPES * 1000 + "\n")
        case "deaf":
            for number_of in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
                signal.signal(number_of, signal.SIG_IGN)
        case "children":
            while True:
                try:
                    if os.fork() == 0:
                        os.setsid()
                except OSError:
                    time.sleep(1)
        case "burn":
            while True:
                pass


def main(words: list):
    sockets = {}
    for word in words:
        if found := re.match(r"socket,id=([a-z]+),fd=(\d+),server=on", word):
            sockets[found[1]] = socket.socket(fileno=int(found[2]))
    told = re.search(r"hostile=(\w+):(\w+)", " ".join(words))
    where, how = told.groups() if told else ("", "")
    everywhere = how == "largest"

    def at(place: str) -> str:
        return how if everywhere or where == place else ""

    threads = [
        threading.Thread(target=Monitor(sockets["qmp"], at("qmp")).serve),
        threading.Thread(target=serve_console, args=(sockets["console"], at("console"))),
        threading.Thread(target=Agent(sockets["agent"], where, how).serve),
    ]
    for thread in threads:
        thread.daemon = True
        thread.start()
    if where == "process":
        process(how)
    threads[0].join()


main(sys.argv[1:])
