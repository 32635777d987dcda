"""Name service on the loopback, answered by the host."""

import socket
import struct
import subprocess

from fixture import AgentTest
from ttrpc_client import ALREADY_EXISTS, INVALID_ARGUMENT

ADDRESS = "127.0.0.11"


class Names(AgentTest):
    def setUp(self):
        super().setUp()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def serve(self, id="names"):
        self.call("ServeNames", id=id, address=ADDRESS)
        self.addCleanup(self.call, "Disconnect", id=id)

    def asking(self):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(client.close)
        client.settimeout(10)
        client.connect((ADDRESS, 53))
        return client

    def question(self, id="names"):
        """The next question, as it came: which client, and what it asks."""
        data = b""
        while len(data) < 4 or len(data) < 4 + struct.unpack(">H", data[:2])[0]:
            data += self.call("ReadStdout", exec_id=id, len=65536).data
        length, client = struct.unpack(">HH", data[:4])
        self.assertEqual(len(data), 4 + length)
        return client, data[4:]

    def answer(self, client, message, id="names"):
        self.call("WriteStdin", exec_id=id, data=struct.pack(">HH", len(message), client) + message)

    def test_each_client_has_the_answer_to_its_question(self):
        self.serve()
        one, other = self.asking(), self.asking()
        one.send(b"first question")
        first = self.question()
        other.send(b"second")
        second = self.question()
        self.assertEqual((first[1], second[1]), (b"first question", b"second"))
        self.answer(second[0], b"to the second")
        self.answer(first[0], b"to the first")
        self.assertEqual(other.recv(4096), b"to the second")
        self.assertEqual(one.recv(4096), b"to the first")

    def test_answers_that_come_in_pieces(self):
        self.serve()
        client = self.asking()
        client.send(b"x")
        number, _ = self.question()
        message = bytes(4000)
        whole = struct.pack(">HH", len(message), number) + message
        for begin in range(0, len(whole), 1333):
            self.call("WriteStdin", exec_id="names", data=whole[begin:begin + 1333])
        self.assertEqual(client.recv(8192), message)

    def test_the_end_of_the_connection_gives_the_address_back(self):
        for _ in range(3):
            self.call("ServeNames", id="names", address=ADDRESS)
            self.call("Disconnect", id="names")
        with self.assertRaises(ConnectionRefusedError):
            client = self.asking()
            while True:  # the first is answered by an error, which the next one is told
                client.send(b"x")

    def test_the_second_ends_the_first(self):
        self.serve()
        self.serve("others")
        client = self.asking()
        client.send(b"x")
        self.assertEqual(self.question("others")[1], b"x")
        self.assertEqual(self.call("ReadStdout", exec_id="names", len=10).data, b"")

    def test_nonsense(self):
        self.fails(INVALID_ARGUMENT, "ServeNames", id="", address=ADDRESS)
        self.fails(INVALID_ARGUMENT, "ServeNames", id="x", address="10.0.0.1")
        self.fails(INVALID_ARGUMENT, "ServeNames", id="x", address="::1")
        self.serve()
        self.fails(ALREADY_EXISTS, "ServeNames", id="names", address=ADDRESS)
        # A message that is longer than any ends the service, and nothing else.
        self.call("WriteStdin", exec_id="names", data=b"\xff" * 8192)
        self.assertEqual(self.call("ReadStdout", exec_id="names", len=10).data, b"")
        self.call("Check")
