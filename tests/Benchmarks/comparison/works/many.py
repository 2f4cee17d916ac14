"""Many torrents of one small file in one client, all of which are there."""
import statistics
import time

from ..payloads import KIB, MIB
from ..processes import Failure
from ..tracker import Tracker
from . import base

_SETTLE = 3  # seconds between being ready and being idle


class Many(base.Work):
    """
    Add: until the client has taken all. Ready: from the first on until all are checked and seed. Memory for a torrent: anonymous
    memory when it has been idle for a while, beyond what it is with one torrent. Restart: from the process's start until all seed
    again, with the state that was kept.
    """

    operation = "host"
    rounds = 1
    count = 0
    size = MIB
    columns = [base.Column("add", "add, s"), base.Column("ready", "ready, s"), base.Column("cpu", "CPU until ready, s"),
               base.Column("anonymous", "anonymous, MiB"), base.Column("each", "KiB a torrent"),
               base.Column("idle", "CPU while idle, %"), base.Column("status", "status of all, ms"),
               base.Column("stop", "shut-down, s"), base.Column("restart", "restart, s")]

    @property
    def title(self):
        size = base.mib(self.size) if self.size >= MIB else f"{self.size // KIB} KiB"
        return f"Many: {self.count:,} torrents of {size}, idle for {self.bench.idle:.0f} s"

    def open(self):
        self._payloads = self.bench.payloads.many(self.count, self.size, min(self.size, 256 * KIB))
        self._tracker = Tracker(self.bench.ports.free())

    def close(self):
        self._tracker.close()

    def run(self, client):
        least = self._with_one(client)
        job = self._job()
        host = client.host(job)
        try:
            figures = self._first(host, least)
            figures["stop"] = self._stop(host)
            host = client.host(job)
            began = time.monotonic()
            host.resume(self._payloads, self.bench.time_out)
            figures["restart"] = host.ready(self.count, self.bench.time_out) - (host.child.began if host.adds else began)
            return figures
        finally:
            host.abort()

    def _job(self):
        return self.bench.job(None, self._payloads[0].folder, tracker=self._tracker.address)

    def _with_one(self, client):
        """Anonymous memory with one torrent."""
        host = client.host(self._job())
        try:
            host.add(self._payloads[:1], self.bench.time_out)
            host.ready(1, self.bench.time_out)
            time.sleep(_SETTLE)
            return host.child.meter.now().anonymous
        finally:
            host.abort()

    def _first(self, host, least):
        if host.adds:
            time.sleep(1)  # for its start to be over
        before = host.child.meter.now().cpu if host.adds else 0
        began = time.monotonic()
        host.add(self._payloads, self.bench.time_out)
        added = time.monotonic()
        ready = host.ready(self.count, self.bench.time_out)
        cpu = host.child.meter.now().cpu - before
        time.sleep(_SETTLE)
        rested = host.child.meter.now()
        time.sleep(self.bench.idle)
        idled = host.child.meter.now()
        return {
            "add": added - began if host.adds else None,
            "ready": ready - began,
            "cpu": cpu,
            "anonymous": idled.anonymous,
            "each": (idled.anonymous - least) * KIB / (self.count - 1),
            "idle": 100 * (idled.cpu - rested.cpu) / (idled.time - rested.time),
            "status": self._status(host) if host.adds else None,
        }

    def _status(self, host):
        """The median of five, in milliseconds."""
        answers = [host.status() for _ in range(5)]
        if any(count != self.count for _, count in answers):
            raise Failure(f"it told of {answers[-1][1]} torrents in place of {self.count}")
        return 1000 * statistics.median(seconds for seconds, _ in answers)

    def _stop(self, host):
        began = time.monotonic()
        host.end(self.bench.time_out)
        return host.child.ended - began


class Many500(Many):
    name = "many-500"
    count = 500


class Many5000(Many):
    name = "many-5000"
    count = 5000


class Many10000(Many):
    name = "many-10000"
    count = 10_000


class Many100000(Many):
    """So many are for those alone that take ten thousand within seconds. Small files: what is measured is what a torrent costs, not its check."""

    name = "many-100000"
    count = 100_000
    size = 16 * KIB

    def contenders(self, clients):
        return [client for client in clients if client.is_ours or client.name == "libtorrent"]


ALL = [Many500, Many5000, Many10000, Many100000]
