"""Checking what is on disk, all of which is in the page cache."""
from ..payloads import MIB
from . import base
from .leech import FILES, V2_CLIENTS


class Check(base.Work):
    """
    Wall: from the process's start until the client says that all is there. Check: that, less what it takes with a torrent of
    1 MiB. CPU and memory: of the client's process from its start to its end.
    """

    operation = "check"
    columns = [base.WALL, base.Column("net", "of it the check, s"), *base.CPU, *base.MEMORY]

    def open(self):
        self._small = self.bench.payloads.single(MIB, MIB)
        self._payload = self.payload()

    def payload(self):
        return self.bench.payloads.single(self.bench.size, MIB)

    def run(self, client):
        least = self._check(client, self._small)
        figures = self._check(client, self._payload)
        return {**figures, "net": max(figures["wall"] - least["wall"], 0.001)}

    def _check(self, client, payload):
        bench = self.bench
        run = client.check(bench.job(payload, payload.folder))
        try:
            done = run.done(bench.time_out)
            run.end()
        finally:
            run.abort()
        child = run.child
        return {
            "wall": done - child.began,
            **base.used((0, 0), child.cpu),
            **base.kept(child.meter, child.began, child.ended),
        }


class CheckOne(Check):
    name = "check"

    @property
    def title(self):
        return f"Check: {base.mib(self.bench.size)} in one file"


class CheckFiles(Check):
    name = "check-files"

    @property
    def title(self):
        return f"Check: {base.mib(self.bench.size)} in {FILES:,} files"

    def payload(self):
        return self.bench.payloads.files(self.bench.size, FILES, MIB)


class CheckV2(Check):
    """The same of version 2 (BEP 52), by SHA-256. To be compared with `check`."""

    name = "check-v2"
    version = "2"

    @property
    def title(self):
        return f"Check: {base.mib(self.bench.size)} in one file, version {self.version}"

    def payload(self):
        return self.bench.payloads.versioned(self.bench.size, MIB, self.version)

    def contenders(self, clients):
        return [client for client in clients if client.name in V2_CLIENTS]


class CheckHybrid(CheckV2):
    """The same of both versions."""

    name = "check-hybrid"
    version = "hybrid"


ALL = [CheckOne, CheckFiles, CheckV2, CheckHybrid]
