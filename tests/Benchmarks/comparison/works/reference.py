"""What the machine itself can do, to see how near to it the clients are."""
import functools
import os
import re
import shutil
import socket
import subprocess
import threading
import time

from ..machine import LOOPBACK
from ..payloads import MIB
from ..processes import Failure
from . import base

_RUN = 256 << 10


class Line:
    """A reference, in the place of a client."""

    is_ours = is_rival = False
    rounds = None

    def __init__(self, name, measure):
        self.name = name
        self.measure = measure


class Reference(base.Work):
    name = "reference"
    columns = [base.Column("rate", "MiB/s", False), base.Column("wall", "s for a payload", False),
               base.Column("cpu", "CPU, s", False)]

    @property
    def title(self):
        return f"Reference: what the machine does with {base.mib(self.bench.size)}"

    def contenders(self, _):
        lines = [Line("raw loopback copy", self._copy), Line("plain write of a file", self._write)]
        if shutil.which("openssl"):
            lines += [Line(f"SHA-1 by openssl, threads: {threads}", functools.partial(self._sha1, threads)) for threads in (1, 2)]
        return lines

    def lacks(self, line):
        return None

    def run(self, line):
        wall, cpu = line.measure()
        return {"rate": self.bench.size / MIB / wall, "wall": wall, "cpu": cpu}

    def _sha1(self, threads):
        output = subprocess.run(
            ["openssl", "speed", "-seconds", "1", "-bytes", "16384", "-multi", str(threads), "-evp", "sha1"],
            capture_output=True, text=True, timeout=60).stdout
        found = re.search(r"^(?:evp|sha1)\s+([\d.]+)k", output, re.MULTILINE | re.IGNORECASE)
        if not found:
            raise Failure(f"openssl speed says: {output[-200:]}")
        wall = self.bench.size / (float(found[1]) * 1000)
        return wall, wall * threads

    def _write(self):
        path, block = self.bench.target() / "plain", os.urandom(_RUN)
        began, used = time.monotonic(), time.process_time()
        with open(path, "wb", buffering=0) as output:
            for _ in range(self.bench.size // _RUN):
                output.write(block)
        figures = time.monotonic() - began, time.process_time() - used
        path.unlink()
        return figures

    def _copy(self):
        block, room = os.urandom(_RUN), bytearray(_RUN)

        def send():
            with socket.create_connection(server.getsockname(), timeout=30) as sender:
                for _ in range(self.bench.size // _RUN):
                    sender.sendall(block)

        with socket.create_server((LOOPBACK, self.bench.ports.free())) as server:
            server.settimeout(30)
            began, used = time.monotonic(), time.process_time()
            sending = threading.Thread(target=send)
            sending.start()
            receiver, _ = server.accept()
            with receiver:
                while receiver.recv_into(room):
                    pass
            sending.join()
        return time.monotonic() - began, time.process_time() - used


ALL = [Reference]
