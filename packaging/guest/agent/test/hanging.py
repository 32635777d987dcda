"""A file system that takes questions and does not answer them any more, as one of the host's does whose server has gone."""

import ctypes
import os
import select
import struct
import threading

LOOKUP, FORGET, GETATTR, INIT, BATCH_FORGET = 1, 2, 3, 26, 42
TOP, FILE = 1, 2


def attributes(node: int) -> bytes:
    mode, links = (0o40755, 2) if node == TOP else (0o100644, 1)
    return struct.pack("<QQQQQQIIIIIIIIII", node, 0, 0, 0, 0, 0, 0, 0, 0, mode, links, 0, 0, 0, 4096, 0)


class HangingFileSystem:
    """Mounted at a directory, where every name is an empty file. Whoever asks of one once it hangs waits, not even SIGKILL helps,
    until it is closed."""

    def __init__(self, directory: str, hangs: bool = True) -> None:
        self.hangs = hangs
        self.asked = threading.Event()  # something that is not answered
        self.directory = directory
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        self.libc = ctypes.CDLL(None, use_errno=True)
        options = f"fd={self.fd},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions"
        if self.libc.mount(b"hanging", directory.encode(), b"fuse.hanging", 0, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount fuse")
        self.ending, self.end = os.pipe()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            ready, _, _ = select.select([self.fd, self.ending], [], [])
            if self.ending in ready:
                return
            try:
                request = os.read(self.fd, 1 << 20)
            except OSError:
                return
            _, operation, unique, node = struct.unpack_from("<IIQQ", request)
            if operation == INIT:
                major, minor, readahead = struct.unpack_from("<III", request, 40)
                out = struct.pack("<IIIIHHIIHHI28x", 7, 31, readahead, 0, 16, 12, 65536, 1, 0, 0, 0)
            elif operation == GETATTR and (node == TOP or not self.hangs):
                out = struct.pack("<QII", 0, 0, 0) + attributes(node)
            elif operation == LOOKUP and not self.hangs:
                out = struct.pack("<QQQQII", FILE, 0, 0, 0, 0, 0) + attributes(FILE)
            else:
                if operation not in (FORGET, BATCH_FORGET):
                    self.asked.set()
                continue
            os.write(self.fd, struct.pack("<IiQ", 16 + len(out), 0, unique) + out)

    def close(self) -> None:
        """Whoever waits gets an error."""
        if self.fd < 0:
            return
        os.write(self.end, b"x")
        self.thread.join()
        for fd in (self.fd, self.ending, self.end):
            os.close(fd)
        self.fd = -1
        self.libc.umount2(self.directory.encode(), 2)
