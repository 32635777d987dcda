"""What an operator gets: the log and a shell in the guest."""

import json
import socket
import time
import unittest

from fixture import AgentTest


class Operator(AgentTest):
    def options(self):
        return ["--debug-console", f"unix:{self.directory}/console", "--log", f"unix:{self.directory}/log-port"]

    def open(self, name):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(20)
        peer.connect(f"{self.directory}/{name}")
        self.addCleanup(peer.close)
        return peer

    def until(self, peer, text):
        data = b""
        while text not in data:
            part = peer.recv(4096)
            self.assertTrue(part, f"the end came before {text!r}: {data!r}")
            data += part
        return data

    def test_a_shell(self):
        shells = [self.open("console") for _ in range(2)]
        for shell in shells:
            shell.sendall(b"echo $((6*7)); tty\n")
            self.until(shell, b"/dev/")
        shells[0].sendall(b"exit\n")
        while shells[0].recv(4096):
            pass
        shells[1].sendall(b"echo $((7*8))\n")
        self.until(shells[1], b"56")

    def test_only_a_few_shells(self):
        shells = [self.open("console") for _ in range(4)]
        for shell in shells:
            self.until(shell, b"#")
        self.assertEqual(self.open("console").recv(1), b"")
        shells.pop().close()
        # its shell ends, and then there is room again
        until = time.monotonic() + 20
        while not self.open("console").recv(1):
            self.assertLess(time.monotonic(), until, "no shell after another one has ended")
            time.sleep(0.02)

    def test_log_lines_are_json(self):
        reader = self.open("log-port")
        self.call("Check")  # after this the reader has been accepted
        self.sandbox()
        line = json.loads(self.until(reader, b"\n").splitlines()[0])
        self.assertEqual(line["level"], "INFO")
        self.assertIn("sandbox", line["msg"])


if __name__ == "__main__":
    unittest.main()
