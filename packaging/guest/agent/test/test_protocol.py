import struct
import unittest

from fixture import AgentTest
from ttrpc_client import (
    ALREADY_EXISTS,
    HEADER,
    INVALID_ARGUMENT,
    RESOURCE_EXHAUSTED,
    UNIMPLEMENTED,
    Disconnected,
)


class Protocol(AgentTest):
    def code(self, stream):
        return self.client.raw_reply(stream)[0]

    def test_the_agent_says_that_it_serves_and_which_version_it_is(self):
        self.assertEqual(self.call("Check").status, 1)
        version = self.call("Version")
        self.assertEqual(version.grpc_version, "0.0.1")
        self.assertRegex(version.agent_version, r"^4\.1\.0\+saya\.")

    def test_unknown_names(self):
        self.assertEqual(self.code(self.client.send("grpc.AgentService", "NoSuchMethod", b"")), UNIMPLEMENTED)
        self.assertEqual(self.code(self.client.send("no.such.Service", "Check", b"")), INVALID_ARGUMENT)

    def test_a_payload_that_is_no_protobuf(self):
        self.assertEqual(self.code(self.client.send("grpc.AgentService", "CreateContainer", b"\xff\xff")), INVALID_ARGUMENT)
        stream = self.client.next_stream()
        self.client.send_frame(stream, b"\xff\xff\xff")
        self.assertEqual(self.code(stream), INVALID_ARGUMENT)

    def test_even_and_falling_stream_ids(self):
        self.client.send_frame(2, b"")
        self.assertEqual(self.code(2), INVALID_ARGUMENT)
        self.client.stream = 9
        self.call("Check")
        self.client.send_frame(5, b"")
        self.assertEqual(self.code(5), INVALID_ARGUMENT)

    def test_a_frame_above_the_limit_is_skipped_and_the_next_one_read(self):
        stream = self.client.next_stream()
        length = (4 << 20) + 1
        self.client.socket.sendall(HEADER.pack(length, stream, 1, 0) + bytes(length))
        self.assertEqual(self.code(stream), RESOURCE_EXHAUSTED)
        self.assertEqual(self.call("Check").status, 1)

    def test_a_frame_of_the_limit_is_read(self):
        stream = self.client.next_stream()
        self.client.send_frame(stream, b"\x1a" + b"\xfc\xff\xff\x01" + bytes((4 << 20) - 5))
        self.assertEqual(self.code(stream), INVALID_ARGUMENT)  # no service, but read

    def test_garbage_ends_the_connection_only(self):
        other = self.connect()
        other.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with self.assertRaises((Disconnected, ConnectionResetError)):
            other.raw_reply(1)
        self.assertEqual(self.call("Check").status, 1)

    def test_frames_in_pieces_and_in_one_piece(self):
        def frame(stream: int) -> bytes:
            return struct.pack(">IIBB", 20, stream, 1, 0) + b"\x0a\x0bgrpc.Health\x12\x05Check"

        for byte in frame(1):
            self.client.socket.sendall(bytes([byte]))
        self.client.socket.sendall(frame(3) + frame(5))
        self.assertEqual([self.code(stream) for stream in (1, 3, 5)], [0, 0, 0])

    def test_more_calls_than_may_be_in_flight_are_refused(self):
        pending = [self.client.begin("GetOOMEvent") for _ in range(1025)]
        self.assertEqual(self.code(pending[-1][0]), RESOURCE_EXHAUSTED)

    def test_a_decoded_message_cannot_be_much_larger_than_its_bytes(self):
        # A million empty storages in 2 MB.
        stream = self.client.send("grpc.AgentService", "CreateSandbox", b"\x1a\x00" * 1000000)
        self.assertEqual(self.code(stream), INVALID_ARGUMENT)

    def test_a_second_sandbox_is_refused(self):
        self.sandbox()
        self.fails(ALREADY_EXISTS, "CreateSandbox", sandbox_id="other")


if __name__ == "__main__":
    unittest.main()
