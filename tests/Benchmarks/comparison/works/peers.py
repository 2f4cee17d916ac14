"""A torrent with many connected peers."""
import pathlib
import socket
import time

from ..machine import LOOPBACK, PYTHON
from ..payloads import KIB, MIB
from ..processes import Child, Failure, until
from . import base
from .leech import RC4_CLIENTS, UTP_CLIENTS

_CROWD = pathlib.Path(__file__).parents[1] / "crowd.py"
_SLOW_SEEDS = pathlib.Path(__file__).parents[1] / "slow_seeds.py"
_COUNT = 500
_ACTIVE = 2000
_SETTLE = 3  # seconds
_TITLES = {"tcp": "", "rc4": ", encrypted by RC4", "utp": ", by uTP"}
_LONGEST = 20


class Peers(base.Work):
    """
    The client seeds; each peer has nothing, is interested, tells of a new piece every second and asks for nothing. CPU: of the
    client while all are connected. Memory for a peer: anonymous memory at the end of that, beyond what it was before they came.
    """

    name = "peers"
    operation = "seed"
    way = "tcp"  # how they speak
    columns = [base.Column("connected", "connected", False), base.Column("joining", "all connected after, s"),
               base.Column("busy", "CPU, %"), base.Column("anonymous", "anonymous, MiB"), base.Column("each", "KiB a peer")]

    @property
    def title(self):
        return f"Peers: a torrent with {_COUNT} connected peers{_TITLES[self.way]}"

    def open(self):
        self._payload = self.bench.payloads.single(self.bench.size, MIB)

    def run(self, client):
        bench, payload = self.bench, self._payload
        job = bench.job(payload, payload.folder, max_peers=2 * _COUNT, is_rc4=self.way == "rc4", is_utp=self.way == "utp")
        run, crowd = client.seed(job), None
        try:
            run.done(bench.time_out)
            time.sleep(_SETTLE)
            alone = run.child.meter.now()
            began = time.monotonic()
            crowd = Child([PYTHON, _CROWD, payload.info_hash, payload.size // MIB, job.port, _COUNT, self.way])
            joined, match = crowd.expect(r"^connected (\d+)$", 90)
            if int(match[1]) < _COUNT:
                raise Failure(f"it let {match[1]} of {_COUNT} peers in")
            time.sleep(_SETTLE)
            before = run.child.meter.now()
            time.sleep(min(bench.idle, _LONGEST))
            after = run.child.meter.now()
            crowd.say("")
            left = int(crowd.expect(r"^left (\d+)$", 10)[1][1])
        finally:
            run.abort()
            if crowd:
                crowd.stop(None, 10)
        return {
            "connected": left,
            "joining": joined - began,
            "busy": 100 * (after.cpu - before.cpu) / (after.time - before.time),
            "anonymous": after.anonymous,
            "each": (after.anonymous - alone.anonymous) * KIB / _COUNT,
        }


class EncryptedPeers(Peers):
    """The same, encrypted."""

    name = "peers-rc4"
    way = "rc4"

    def contenders(self, clients):
        return [client for client in clients if client.name in RC4_CLIENTS]


class UtpPeers(Peers):
    """The same by uTP."""

    name = "peers-utp"
    way = "utp"

    def contenders(self, clients):
        return [client for client in clients if client.name in UTP_CLIENTS]


class ActivePeers(base.Work):
    """
    The client downloads from peers that each have everything and give two blocks a second at most. They call it, and unchoke it when
    all are connected. CPU: of the client from then until it says that it is complete. Memory for a peer: anonymous memory before they
    unchoke, beyond what it was before they came.
    """

    name = "peers-2000"
    operation = "gather"
    columns = [base.Column("connected", "connected", False), base.Column("joining", "all connected after, s"),
               base.Column("transfer", "transfer, s"), *base.CPU, base.Column("gigabyte", "CPU for a GiB, s"),
               base.Column("each", "KiB a peer"), *base.MEMORY, base.Column("given", "bytes given for one", False)]

    @property
    def title(self):
        return f"Download: {base.mib(self.bench.size)} from {_ACTIVE:,} slow peers"

    def open(self):
        self._payload = self.bench.payloads.single(self.bench.size, MIB)

    def run(self, client):
        bench, payload = self.bench, self._payload
        job = bench.job(payload, bench.target(), max_peers=2 * _ACTIVE)
        run, crowd = client.gather(job), None
        try:
            until(lambda: _listens(job.port), 60, f"{client.name} listens")
            time.sleep(_SETTLE)
            alone = run.child.meter.now()
            began = time.monotonic()
            crowd = Child([PYTHON, _SLOW_SEEDS, payload.info_hash, payload.size // MIB, MIB, payload.folder / payload.name, job.port, _ACTIVE])
            joined, match = crowd.expect(r"^connected (\d+)$", 150)
            if int(match[1]) < _ACTIVE:
                raise Failure(f"it let {match[1]} of {_ACTIVE} peers in")
            time.sleep(_SETTLE)
            before = run.child.meter.now()
            crowd.say("")
            done = run.done(bench.time_out)
            after = run.child.meter.now()
            crowd.say("")
            crowd.expect(r"^given (\d+)$", 10)
            given = int(crowd.expect(r"^given (\d+)$", 10)[1][1])
        finally:
            run.abort()
            if crowd:
                crowd.stop(None, 10)
        payload.compare(job.folder)
        used = base.used(before[1:3], after[1:3])
        return {
            "connected": int(match[1]),
            "joining": joined - began,
            "transfer": done - before.time,
            **used,
            "gigabyte": used["cpu"] * 1024 * MIB / payload.size,
            "each": (before.anonymous - alone.anonymous) * KIB / _ACTIVE,
            **base.kept(run.child.meter, before.time, after.time),
            "given": given / payload.size,
        }


def _listens(port):
    try:
        socket.create_connection((LOOPBACK, port), timeout=5).close()
        return True
    except OSError:
        return False


ALL = [Peers, EncryptedPeers, UtpPeers, ActivePeers]
