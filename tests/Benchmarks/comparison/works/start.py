"""How soon a client is at work, and how soon it answers while it is."""
import statistics
import subprocess
import time

from ..machine import LOOPBACK
from ..payloads import MIB
from ..processes import Failure
from ..scripted_peer import ScriptedPeer
from ..tracker import Tracker
from . import base
from .leech import Leech


class Start(base.Work):
    """
    First request: from the process's start until a peer is asked for the first block of a torrent of the payload's size.
    Nothing: the same program, started to do nothing, until it has ended; for Start-Torrent pwsh itself.
    """

    name = "start"
    operation = "leech"
    columns = [base.Column("request", "start to first request, s"), base.Column("nothing", "the program doing nothing, s"),
               base.Column("beyond", "first request beyond that, s", False),
               base.Column("imported", "of it Import-Module, s", False)]

    @property
    def title(self):
        return f"Start: until the first request for {base.mib(self.bench.size)}"

    def open(self):
        self._payload = self.bench.payloads.single(self.bench.size, MIB)

    def run(self, client):
        nothing, request = least(client.nothing), self._request(client)
        imported = least(client.importing) - nothing if client.importing else None
        return {"request": request, "nothing": nothing, "beyond": request - nothing, "imported": imported}

    def _request(self, client):
        bench, payload = self.bench, self._payload
        peer_port = bench.ports.free()
        peer = ScriptedPeer(payload.info_hash, payload.size // MIB, peer_port)
        tracker = Tracker(bench.ports.free(), (LOOPBACK, peer_port))
        run = None
        try:
            job = bench.job(payload, bench.target(), peers=[(LOOPBACK, peer_port)], tracker=tracker.address)
            run = client.leech(job)
            if run.is_called:
                peer.call(job.port)
            asked = peer.wait(min(bench.time_out, 60))
            if asked is None:
                raise Failure(run.child.told("asked for nothing"))
            return asked - run.child.began
        finally:
            if run:
                run.abort()
            peer.close()
            tracker.close()


class Status(Leech):
    """Each client is asked for its torrents' status in its own way, every 50 ms, while it downloads as fast as it can."""

    name = "status"
    operation = "watch"
    columns = [base.Column("median", "median, ms"), base.Column("p95", "95 %, ms"), base.Column("worst", "worst, ms"),
               base.Column("calls", "calls", False)]

    @property
    def title(self):
        return f"Status calls during a download of {base.mib(self.bench.size)}"

    def run(self, client):
        run, _ = self.download(client.watch)
        if len(run.latencies) < 3:
            raise Failure("the download was over before it could be asked")
        milliseconds = [1000 * seconds for seconds in run.latencies]
        return {"median": statistics.median(milliseconds), "p95": sorted(milliseconds)[int(0.95 * len(milliseconds))],
                "worst": max(milliseconds), "calls": len(milliseconds)}


def least(command):
    """The shortest of three runs of a command, in seconds."""
    times = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=60)
        times.append(time.monotonic() - began)
    return min(times)


ALL = [Start, Status]
