#!/usr/bin/env python3
"""caller_trace.py PORT_FILE SPANS_FILE: a collector of traces. Writes the port that it listens on, then each span that it gets as a line:
scope, name, trace, span, parent.

OTLP over HTTP, of which as much is read as that takes: protobuf's wire format and the numbers of opentelemetry/proto/trace/v1.
"""
import http.server
import sys

port_file, spans_file = sys.argv[1:]


def fields(data):
    """Yields (number, value) of a message: bytes, or a number."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        elif kind == 2:
            length = varint()
            yield key >> 3, data[at : at + length]
            at += length
        else:
            at += 8 if kind == 1 else 4


def every(data, number):
    return [value for found, value in fields(data) if found == number]


def lines(request):
    for resource in every(request, 1):
        for scope in every(resource, 2):
            names = [every(each, 1) for each in every(scope, 1)]
            name = names[0][0].decode() if names and names[0] else "?"
            for span in every(scope, 2):
                found = dict(fields(span))
                parent = found.get(4, b"").hex() or "-"
                yield "\t".join([name, found[5].decode(), found[1].hex(), found[2].hex(), parent])


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802
        request = self.rfile.read(int(self.headers["Content-Length"]))
        with open(spans_file, "a", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines(request))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *arguments):  # noqa: A002
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
with open(port_file, "w", encoding="utf-8") as file:
    file.write(str(server.server_address[1]))
server.serve_forever()
