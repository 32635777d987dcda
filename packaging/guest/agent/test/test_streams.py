import hashlib
import time
import unittest

from fixture import AgentTest
from ttrpc_client import DEADLINE_EXCEEDED, INTERNAL, INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, UNAVAILABLE, Status


class Streams(AgentTest):
    def setUp(self):
        super().setUp()
        self.sandbox()
        self.cid = self.run_container("sleep", "1000")

    def test_large_output_arrives_whole(self):
        size = 8 << 20
        exec_id = self.execute(self.cid, "sh", "-c", f"yes 0123456789abcde | head -c {size}")
        data = self.read_all(self.cid, exec_id, length=1 << 20)
        self.assertEqual(len(data), size)
        self.assertEqual(data, b"0123456789abcde\n" * (size // 16))

    def test_output_waits_for_its_reader_after_the_exit(self):
        exec_id = self.execute(self.cid, "sh", "-c", "head -c 60000 /dev/zero")
        time.sleep(1)  # longer than the time after which silence is taken for the end
        self.assertEqual(len(self.read_all(self.cid, exec_id, length=1000)), 60000)

    def test_output_is_there_even_if_the_exit_was_fetched_first(self):
        exec_id = self.execute(self.cid, "echo", "late")
        self.assertEqual(self.wait(self.cid, exec_id), 0)
        self.assertEqual(self.wait(self.cid, exec_id), 0)  # as after a reply that was lost
        self.assertEqual(self.read_all(self.cid, exec_id), b"late\n")

    def test_only_so_many_processes_that_were_waited_for_are_kept(self):
        ids = [self.execute(self.cid, "true") for _ in range(34)]
        for exec_id in ids:
            self.wait(self.cid, exec_id)
        self.fails(NOT_FOUND, "WaitProcess", container_id=self.cid, exec_id=ids[0])
        self.assertEqual(self.wait(self.cid, ids[-1]), 0)

    def test_a_background_process_does_not_hold_up_the_end(self):
        exec_id = self.execute(self.cid, "sh", "-c", "echo front; sleep 100 &")
        self.assertEqual(self.read_all(self.cid, exec_id), b"front\n")
        self.assertEqual(self.wait(self.cid, exec_id), 0)

    def test_stdin_reaches_the_program_and_its_end_too(self):
        exec_id = self.execute(self.cid, "sha256sum")
        data = bytes(range(256)) * 4096 * 3  # 3 MiB, more than any pipe holds
        written = self.call("WriteStdin", container_id=self.cid, exec_id=exec_id, data=data)
        self.assertEqual(written.len, len(data))
        self.call("CloseStdin", container_id=self.cid, exec_id=exec_id)
        self.assertEqual(self.read_all(self.cid, exec_id).split()[0].decode(), hashlib.sha256(data).hexdigest())

    def test_an_empty_write_is_the_end_of_stdin(self):
        exec_id = self.execute(self.cid, "cat")
        self.call("WriteStdin", container_id=self.cid, exec_id=exec_id, data=b"x")
        self.call("WriteStdin", container_id=self.cid, exec_id=exec_id)
        self.assertEqual(self.read_all(self.cid, exec_id), b"x")
        self.assertEqual(self.wait(self.cid, exec_id), 0)

    def test_a_program_that_does_not_read_holds_up_only_its_writer(self):
        exec_id = self.execute(self.cid, "sleep", "100")
        write = self.client.begin("WriteStdin", container_id=self.cid, exec_id=exec_id, data=bytes(1 << 20))
        self.assertFalse(self.client.is_answered(write, 0.2))
        self.assertEqual(self.output_of(self.cid, "echo", "still here"), "still here\n")
        self.call("SignalProcess", container_id=self.cid, exec_id=exec_id, signal=9)
        with self.assertRaises(Status) as caught:
            self.client.end(write)
        self.assertEqual(caught.exception.code, INTERNAL)

    def test_writes_beyond_the_memory_for_them_are_refused(self):
        exec_id = self.execute(self.cid, "sleep", "100")
        writes = [
            self.client.begin("WriteStdin", container_id=self.cid, exec_id=exec_id, data=bytes(3 << 20)) for _ in range(12)
        ]
        with self.assertRaises(Status) as caught:
            self.client.end(writes[-1])
        self.assertEqual(caught.exception.code, RESOURCE_EXHAUSTED)
        self.call("SignalProcess", container_id=self.cid, exec_id=exec_id, signal=9)
        for write in writes[:-1]:
            with self.assertRaises(Status):
                self.client.end(write)
        # and the memory is free again
        exec_id = self.execute(self.cid, "sha256sum")
        self.call("WriteStdin", container_id=self.cid, exec_id=exec_id, data=bytes(3 << 20))

    def test_a_client_that_does_not_take_its_replies_stops_the_reading(self):
        exec_id = self.execute(self.cid, "sh", "-c", "yes | head -c 30000000")
        slow = self.connect()
        pending = [slow.begin("ReadStdout", container_id=self.cid, exec_id=exec_id, len=1 << 20) for _ in range(600)]
        time.sleep(1)
        with open(f"/proc/{self.agent.pid}/status", encoding="ascii") as status:
            anonymous = next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
        self.assertLess(anonymous, 64 << 10)
        self.assertEqual(self.output_of(self.cid, "echo", "others go on"), "others go on\n")
        total = 0
        for call in pending:
            data = slow.end(call).data
            total += len(data)
        while data := slow.call("ReadStdout", container_id=self.cid, exec_id=exec_id, len=1 << 20).data:
            total += len(data)
        self.assertEqual(total, 30000000)

    def read_at(self, exec_id, position, done, length=32768, client=None):
        client = client or self.client
        return client.call("ReadStdout", container_id=self.cid, exec_id=exec_id, len=length, position=position, done=done).data

    def test_output_that_a_peer_was_not_done_with_is_given_to_the_next_one(self):
        exec_id = self.execute(self.cid, "sh", "-c", "printf abcdefgh")
        lost = self.connect()
        self.assertEqual(self.read_at(exec_id, 1, 0, client=lost), b"abcdefgh")
        self.assertEqual(self.wait(self.cid, exec_id), 0)
        lost.close()
        self.assertEqual(self.read_at(exec_id, 1, 0), b"abcdefgh")
        self.assertEqual(self.read_at(exec_id, 4, 2, length=3), b"def")
        self.assertEqual(self.read_at(exec_id, 3, 2), b"cdefgh")
        self.assertEqual(self.read_at(exec_id, 9, 8), b"")
        self.assertEqual(self.read_at(exec_id, 9, 8), b"")  # the end can be asked for again as well
        self.fails(INVALID_ARGUMENT, "ReadStdout", container_id=self.cid, exec_id=exec_id, len=1, position=8, done=0)

    def test_output_that_was_read_in_pieces_is_given_again_as_one(self):
        exec_id = self.execute(self.cid, "cat")
        for at, piece in ((1, b"ab"), (3, b"cde"), (6, b"f" * 5000), (5006, b"gh")):
            self.call("WriteStdin", container_id=self.cid, exec_id=exec_id, data=piece)
            data = b""
            while len(data) < len(piece):
                data += self.read_at(exec_id, at + len(data), 0)
            self.assertEqual(data, piece)
        whole = b"abcde" + b"f" * 5000 + b"gh"
        self.assertEqual(self.read_at(exec_id, 1, 0), whole)
        self.assertEqual(self.read_at(exec_id, 2, 1, length=3), b"bcd")
        self.assertEqual(self.read_at(exec_id, 5, 3, length=5002), whole[4:5006])
        self.assertEqual(self.read_at(exec_id, 5004, 5003), whole[5003:])
        self.fails(INVALID_ARGUMENT, "ReadStdout", container_id=self.cid, exec_id=exec_id, len=1, position=5003, done=5002)
        self.assertEqual(self.read_at(exec_id, 5007, 5006), b"h")
        self.call("CloseStdin", container_id=self.cid, exec_id=exec_id)
        self.assertEqual(self.read_at(exec_id, 5008, 5007), b"")

    def test_positions_that_cannot_be_are_refused(self):
        exec_id = self.execute(self.cid, "sh", "-c", "printf abcd; cat")
        self.assertEqual(self.read_at(exec_id, 1, 0), b"abcd")
        for position, done in ((6, 0), (3, 3), (2**64 - 1, 2**64 - 2), (0, 1)):
            self.fails(INVALID_ARGUMENT, "ReadStdout", container_id=self.cid, exec_id=exec_id, len=1, position=position, done=done)
        self.assertEqual(self.read_at(exec_id, 1, 0), b"abcd")
        # Who reads without a position keeps nothing, of what was read before neither.
        read = self.client.begin("ReadStdout", container_id=self.cid, exec_id=exec_id, len=100)
        self.fails(INVALID_ARGUMENT, "ReadStdout", container_id=self.cid, exec_id=exec_id, len=1, position=5, done=5)
        self.call("WriteStdin", container_id=self.cid, exec_id=exec_id, data=b"more")
        self.assertEqual(self.client.end(read).data, b"more")
        self.fails(INVALID_ARGUMENT, "ReadStdout", container_id=self.cid, exec_id=exec_id, len=1, position=8, done=0)
        self.call("CloseStdin", container_id=self.cid, exec_id=exec_id)
        self.assertEqual(self.read_at(exec_id, 9, 8), b"")

    def test_who_is_never_done_with_output_does_not_fill_the_guest(self):
        size = 6 << 20
        exec_id = self.execute(self.cid, "sh", "-c", f"yes 0123456789abcde | head -c {size}")
        data = b""
        with self.assertRaises(Status) as caught:
            while len(data) < size:
                data += self.read_at(exec_id, len(data) + 1, 0, length=1 << 20)
        self.assertEqual(caught.exception.code, RESOURCE_EXHAUSTED)
        self.assertEqual(len(data), 4 << 20)
        while more := self.read_at(exec_id, len(data) + 1, len(data), length=1 << 20):
            data += more
        self.assertEqual(data, b"0123456789abcde\n" * (size // 16))

    def test_a_read_can_be_given_up_and_repeated(self):
        exec_id = self.execute(self.cid, "cat")
        with self.assertRaises(Status) as caught:
            self.client.call("ReadStdout", timeout=0.2, container_id=self.cid, exec_id=exec_id, len=100)
        self.assertEqual(caught.exception.code, DEADLINE_EXCEEDED)
        self.call("WriteStdin", container_id=self.cid, exec_id=exec_id, data=b"after")
        self.assertEqual(self.call("ReadStdout", container_id=self.cid, exec_id=exec_id, len=100).data, b"after")

    def test_a_reader_that_left_takes_nothing_with_it(self):
        exec_id = self.execute(self.cid, "cat")
        other = self.connect()
        other.begin("ReadStdout", container_id=self.cid, exec_id=exec_id, len=100)
        other.begin("WaitProcess", container_id=self.cid, exec_id=exec_id)
        other.close()
        self.call("Check")
        self.call("WriteStdin", container_id=self.cid, exec_id=exec_id, data=b"mine")
        self.assertEqual(self.call("ReadStdout", container_id=self.cid, exec_id=exec_id, len=100).data, b"mine")

    def test_a_reader_that_left_makes_way_for_the_next(self):
        exec_id = self.execute(self.cid, "cat")
        other = self.connect()
        for _ in range(2):
            other.begin("ReadStdout", container_id=self.cid, exec_id=exec_id, len=100)
        other.call("Check")  # the reads before it have arrived
        mine = self.client.begin("ReadStdout", container_id=self.cid, exec_id=exec_id, len=100)
        self.call("Check")
        self.call("WriteStdin", container_id=self.cid, exec_id=exec_id, data=b"one")
        self.assertFalse(self.client.is_answered(mine, 0.1))
        other.close()
        self.call("Check")
        self.call("WriteStdin", container_id=self.cid, exec_id=exec_id, data=b"two")
        self.assertEqual(self.client.end(mine).data, b"two")

    def test_all_who_wait_get_the_code(self):
        exec_id = self.execute(self.cid, "sleep", "100")
        waits = [self.client.begin("WaitProcess", container_id=self.cid, exec_id=exec_id) for _ in range(3)]
        self.call("SignalProcess", container_id=self.cid, exec_id=exec_id, signal=15)
        self.assertEqual([self.client.end(wait).status for wait in waits], [143, 143, 143])

    def test_nonsense_is_refused(self):
        self.fails(INVALID_ARGUMENT, "ReadStdout", container_id=self.cid, len=0)
        self.fails(INVALID_ARGUMENT, "ReadStdout", container_id="nobody", len=1)
        self.fails(NOT_FOUND, "ReadStdout", container_id=self.cid, exec_id="nobody", len=1)
        self.fails(UNAVAILABLE, "TtyWinResize", container_id=self.cid, row=1, column=1)


class Terminals(AgentTest):
    def setUp(self):
        super().setUp()
        self.sandbox()

    def read_until(self, cid, exec_id, text):
        data = b""
        while text not in data:
            part = self.call("ReadStdout", container_id=cid, exec_id=exec_id, len=4096).data
            self.assertTrue(part, f"the end came before {text!r}: {data!r}")
            data += part
        return data

    def test_a_shell_on_a_terminal(self):
        cid = self.run_container("sh", terminal=True)
        self.call("TtyWinResize", container_id=cid, row=33, column=77)
        self.call("WriteStdin", container_id=cid, data=b"tty; stty size\n")
        self.assertIn(b"33 77", self.read_until(cid, "", b"33 77\r\n"))
        self.assertEqual(self.call("ReadStderr", container_id=cid, len=10).data, b"")
        self.call("WriteStdin", container_id=cid, data=b"exit 9\n")
        self.read_all(cid)
        self.assertEqual(self.wait(cid), 9)

    def test_an_exec_on_a_terminal(self):
        cid = self.run_container("sleep", "100")
        exec_id = self.execute(cid, "sh", "-c", "read line; echo got $line", terminal=True)
        self.call("CloseStdin", container_id=cid, exec_id=exec_id)  # means nothing on a terminal
        self.call("WriteStdin", container_id=cid, exec_id=exec_id, data=b"word\n")
        self.assertIn(b"got word\r\n", self.read_all(cid, exec_id))
        self.assertEqual(self.wait(cid, exec_id), 0)

    def test_large_output_of_a_terminal_arrives_whole(self):
        cid = self.run_container("sleep", "100")
        exec_id = self.execute(cid, "sh", "-c", "stty -opost; yes 0123456789abcde | head -c 2000000", terminal=True)
        self.assertEqual(len(self.read_all(cid, exec_id, length=1 << 20)), 2000000)


class Signals(AgentTest):
    def setUp(self):
        super().setUp()
        self.sandbox()

    def test_an_init_that_does_not_care_goes_on_as_on_a_host(self):
        cid = self.run_container("sleep", "100")
        self.call("SignalProcess", container_id=cid, exec_id=cid, signal=15)
        self.assertEqual(self.wait(cid, self.execute(cid, "true")), 0)
        self.call("SignalProcess", container_id=cid, exec_id=cid, signal=9)
        self.assertEqual(self.wait(cid), 137)
        self.call("SignalProcess", container_id=cid, exec_id=cid, signal=15)  # to one that is gone

    def test_an_init_with_a_handler_gets_it(self):
        cid = self.run_container("sh", "-c", "trap 'exit 4' TERM; echo ready; while :; do sleep 0.05; done")
        self.assertEqual(self.call("ReadStdout", container_id=cid, len=100).data, b"ready\n")
        self.call("SignalProcess", container_id=cid, exec_id=cid, signal=15)
        self.assertEqual(self.wait(cid), 4)

    def test_kill_without_an_exec_id_ends_all_processes(self):
        cid = self.run_container("sleep", "100")
        exec_id = self.execute(cid, "sleep", "100")
        self.call("SignalProcess", container_id=cid, exec_id="", signal=9)
        self.assertEqual(self.wait(cid, exec_id), 137)
        self.assertEqual(self.wait(cid), 137)

    def test_a_signal_that_does_not_exist_is_refused(self):
        cid = self.run_container("sleep", "100")
        self.fails(INVALID_ARGUMENT, "SignalProcess", container_id=cid, exec_id=cid, signal=65)

    def test_pause_stops_and_resume_continues(self):
        cid = self.run_container("sh", "-c", "while read line; do echo $line; done")
        self.call("PauseContainer", container_id=cid)
        self.call("WriteStdin", container_id=cid, data=b"word\n")
        read = self.client.begin("ReadStdout", container_id=cid, len=100)
        self.assertFalse(self.client.is_answered(read, 0.3))
        self.call("ResumeContainer", container_id=cid)
        self.assertEqual(self.client.end(read).data, b"word\n")


if __name__ == "__main__":
    unittest.main()
