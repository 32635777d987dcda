"""Connections to ports of the guest."""

import socket
import subprocess
import threading

from fixture import AgentTest
from ttrpc_client import ALREADY_EXISTS, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE, Status


class Ports(AgentTest):
    def setUp(self):
        super().setUp()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def listen(self, family, address):
        server = socket.socket(family, socket.SOCK_STREAM)
        self.addCleanup(server.close)
        server.bind((address, 0))
        server.listen(128)
        return server, server.getsockname()[1]

    def read_to_end(self, id):
        data = b""
        while True:
            more = self.call("ReadStdout", exec_id=id, len=65536).data
            if not more:
                return data
            data += more

    def test_bytes_go_both_ways_and_each_direction_ends_by_itself(self):
        for number, (family, address) in enumerate([(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]):
            server, port = self.listen(family, address)

            def answer(listener=server):
                peer, _ = listener.accept()
                received = b""
                while more := peer.recv(65536):
                    received += more
                peer.sendall(received[::-1] * 10)
                peer.close()

            thread = threading.Thread(target=answer)
            thread.start()
            id = f"port-{number}"
            self.call("Connect", id=id, port=port)
            sent = bytes(range(256)) * 1000
            self.call("WriteStdin", exec_id=id, data=sent)
            self.call("CloseStdin", exec_id=id)
            self.assertEqual(self.read_to_end(id), sent[::-1] * 10)
            thread.join()
            self.call("Disconnect", id=id)
            self.call("Disconnect", id=id)

    def test_a_port_where_nobody_listens(self):
        server, port = self.listen(socket.AF_INET, "127.0.0.1")
        server.close()
        self.assertIn(f"port {port} of localhost", self.fails(UNAVAILABLE, "Connect", id="x", port=port))

    def test_a_refusal_by_ipv4_that_takes_its_time_still_leads_to_ipv6(self):
        """As on a host that has much else to do: the kernel's answer comes some 15 ms later."""
        server, port = self.listen(socket.AF_INET6, "::1")
        subprocess.run("tc qdisc add dev lo root tbf rate 16kbit burst 100 limit 10000".split(), check=True)
        self.addCleanup(subprocess.run, "tc qdisc del dev lo root".split(), check=True)
        self.call("Connect", id="slow", port=port)
        server.settimeout(10)
        peer, _ = server.accept()
        self.call("WriteStdin", exec_id="slow", data=b"x")
        self.assertEqual(peer.recv(1), b"x")
        peer.close()
        self.call("Disconnect", id="slow")

    def test_a_server_that_does_not_accept_holds_up_nobody(self):
        server, port = self.listen(socket.AF_INET, "127.0.0.1")
        server.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            self.addCleanup(each.close)
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        pending = [self.client.begin("Connect", id=f"late-{n}", port=port) for n in range(20)]
        again = self.client.begin("Connect", id="late-0", port=port)
        self.call("Check")
        self.assertFalse(self.client.is_answered(pending[-1], 0))
        with self.assertRaises(Status) as refused:
            self.client.end(again)
        self.assertEqual(refused.exception.code, ALREADY_EXISTS)
        for each in pending:
            self.client.end(each)  # given out as they are: who writes waits
        for number in range(len(pending)):
            self.call("Disconnect", id=f"late-{number}")

    def test_nonsense_is_refused(self):
        self.fails(INVALID_ARGUMENT, "Connect", id="", port=80)
        self.fails(INVALID_ARGUMENT, "Connect", id="x", port=0)
        self.fails(INVALID_ARGUMENT, "Connect", id="x", port=65536)

    def test_connections_are_bounded_and_given_back(self):
        _, port = self.listen(socket.AF_INET, "127.0.0.1")
        for number in range(64):
            self.call("Connect", id=str(number), port=port)
        self.fails(ALREADY_EXISTS, "Connect", id="7", port=port)
        self.fails(RESOURCE_EXHAUSTED, "Connect", id="64", port=port)
        self.call("Disconnect", id="7")
        self.call("Connect", id="64", port=port)
        for number in range(65):
            self.call("Disconnect", id=str(number))
