"""What the machine is, and what of it a run may use: ports and a folder."""
import os
import pathlib
import platform
import re
import shutil
import socket
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PYTHON = sys.executable
LOOPBACK = "127.0.0.1"


class Ports:
    """Free TCP ports on loopback, from a number upward, none twice: an address that was in use may be refused for a while."""

    def __init__(self, first):
        self._next = first

    def free(self):
        while self._next < 65536:
            port, self._next = self._next, self._next + 1
            with socket.socket() as probe:
                try:
                    probe.bind((LOOPBACK, port))
                    return port
                except OSError:
                    continue
        raise RuntimeError("No port is free.")


def crowd_address(number):
    """An address of loopback for one of many peers in one process: no two share one."""
    return f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"


def described():
    """The machine in a line."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = model.group(1) if model else platform.machine()
    return f"{os.cpu_count()} processors ({processor}), {memory:.0f} GiB, Linux {platform.release()}"


def warm(folder, size):
    """Writes and deletes a file: a virtual machine's memory costs more when its host gives it for the first time."""
    path, block = folder / "warm", bytes(1 << 20)
    with open(path, "wb", buffering=0) as output:
        for _ in range(size >> 20):
            output.write(block)
    path.unlink()


def empty(folder):
    """Makes a folder new."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
