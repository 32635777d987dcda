"""Sockets in the guest that stand for sockets of the host."""

import os
import socket
import struct
import unittest

from fixture import AgentTest
from ttrpc_client import ALREADY_EXISTS, INVALID_ARGUMENT, NOT_FOUND

DIRECTORY = "/run/kata-containers/sandbox/sockets"
AT_ONCE = 32


class Sockets(AgentTest):
    def serve(self, id="sockets"):
        self.call("ServeSockets", id=id)
        self.addCleanup(self.call, "Disconnect", id=id)

    def offer(self, number=1, mode=0o666, uid=0, gid=0):
        self.call("OfferSocket", number=number, mode=mode, uid=uid, gid=gid)
        return f"{DIRECTORY}/{number}"

    def connected(self, path):
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.settimeout(10)
        client.connect(path)
        return client

    def notice(self, id="sockets"):
        """Of the next connection: which socket, which connection, who."""
        data = b""
        while len(data) < 16:
            data += self.call("ReadStdout", exec_id=id, len=16 - len(data)).data
        number, connection, *who = struct.unpack(">4I", data)
        self.addCleanup(self.call, "Disconnect", id=f"socket-{connection}")
        return number, f"socket-{connection}", who

    def test_bytes_go_both_ways_and_each_direction_ends_by_itself(self):
        self.serve()
        one, two = self.connected(self.offer(1)), self.connected(self.offer(2))
        number, id, who = self.notice()
        self.assertEqual((number, who), (1, [os.getuid(), os.getgid()]))
        self.assertEqual(self.notice()[0], 2)
        two.close()
        one.sendall(b"question")
        one.shutdown(socket.SHUT_WR)
        self.assertEqual(self.call("ReadStdout", exec_id=id, len=100).data, b"question")
        self.assertEqual(self.call("ReadStdout", exec_id=id, len=100).data, b"")
        self.call("WriteStdin", exec_id=id, data=b"answer")
        self.assertEqual(one.recv(100), b"answer")
        self.call("CloseStdin", exec_id=id)
        self.assertEqual(one.recv(100), b"")

    def test_who_may_connect_is_what_the_host_says(self):
        self.serve()
        path = self.offer(1, mode=0o660, uid=0, gid=7)
        pid = os.fork()
        if pid == 0:
            os.setgroups([])
            os.setgid(1000)
            os.setuid(1000)
            with socket.socket(socket.AF_UNIX) as client:
                os._exit(client.connect_ex(path))
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 13)
        self.offer(1, mode=0o600, uid=1000, gid=7)
        status = os.stat(path)
        self.assertEqual((status.st_mode & 0o7777, status.st_uid, status.st_gid), (0o600, 1000, 7))

    def test_connections_are_bounded_and_others_wait(self):
        """A port-forward has places of its own."""
        path = self.offer()
        self.serve()
        clients = [self.connected(path) for _ in range(AT_ONCE + 1)]
        ids = [self.notice()[1] for _ in range(AT_ONCE)]
        pending = self.client.begin("ReadStdout", exec_id="sockets", len=16)
        self.assertFalse(self.client.is_answered(pending, 0.3))
        self.call("Disconnect", id=ids[0])
        self.assertEqual(clients[0].recv(1), b"")
        self.assertEqual(struct.unpack(">4I", self.client.end(pending).data)[0], 1)

    def test_who_connects_while_the_host_takes_none_waits_for_it(self):
        path = self.offer()
        client = self.connected(path)
        client.sendall(b"x")
        self.serve("first")
        self.assertEqual(self.call("ReadStdout", exec_id=self.notice("first")[1], len=9).data, b"x")
        self.serve("second")
        self.call("Disconnect", id="first")  # of which the second knows nothing
        self.connected(path).sendall(b"y")
        self.assertEqual(self.call("ReadStdout", exec_id=self.notice("second")[1], len=9).data, b"y")

    def test_a_socket_is_put_over_a_file_of_a_container(self):
        self.sandbox()
        self.serve()
        self.offer(3)
        container = self.run_container("sleep", "1000")
        with open(f"{self.rootfs}/tmp/agent.sock", "w"):
            self.addCleanup(os.remove, f"{self.rootfs}/tmp/agent.sock")
        for _ in range(2):
            self.call("MountSocket", number=3, container_id=container, path="/tmp/agent.sock")
            self.assertEqual(self.output_of(container, "grep", "-c", " /tmp/agent.sock ", "/proc/self/mountinfo"), "1\n")
        self.assertTrue(self.output_of(container, "ls", "-l", "/tmp/agent.sock").startswith("srw-rw-rw-"))
        self.fails(NOT_FOUND, "MountSocket", number=3, container_id=container, path="/tmp/other")
        self.fails(INVALID_ARGUMENT, "MountSocket", number=4, container_id=container, path="/tmp/agent.sock")
        self.fails(INVALID_ARGUMENT, "MountSocket", number=3, container_id=container, path="tmp/agent.sock")
        self.fails(INVALID_ARGUMENT, "MountSocket", number=3, container_id="none", path="/tmp/agent.sock")

    def test_nonsense_is_refused(self):
        for number in (0, 65, 1 << 31):
            self.fails(INVALID_ARGUMENT, "OfferSocket", number=number)
        self.fails(INVALID_ARGUMENT, "ServeSockets", id="")
        self.fails(INVALID_ARGUMENT, "ServeSockets", id="x" * 64)
        self.serve()
        self.fails(ALREADY_EXISTS, "ServeSockets", id="sockets")


if __name__ == "__main__":
    unittest.main()
