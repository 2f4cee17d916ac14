"""A loopback of its own for this thread and all that it starts, on which packets are late and get lost."""
import ctypes
import os
import subprocess

LATENCY = "20 ms each way, 1 % lost"
_QDISC = "netem delay 20ms loss 1% limit 100000"
_MAKE = f"ip link set lo up && tc qdisc add dev lo root {_QDISC}"
_CLONE_NEWNET = 0x40000000
_OWN = "/proc/thread-self/ns/net"


def missing():
    """Why there can be none here, or None."""
    try:
        tried = subprocess.run(["unshare", "--net", "sh", "-c", _MAKE], capture_output=True, text=True, timeout=30)
    except OSError as error:
        return str(error)
    return None if tried.returncode == 0 else f"this system makes no network namespace with netem ({tried.stderr.strip()})"


class FarNetwork:
    """Entered when it is made, left when it is closed, by one thread."""

    def __init__(self):
        self._before = os.open(_OWN, os.O_RDONLY)
        _succeed("unshare", _CLONE_NEWNET)
        subprocess.run(["sh", "-c", _MAKE], check=True, timeout=30)

    def close(self):
        _succeed("setns", self._before, _CLONE_NEWNET)
        os.close(self._before)


def _succeed(call, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, call)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{call}: {os.strerror(ctypes.get_errno())}")
