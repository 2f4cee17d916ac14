"""Giving to libtorrent leechers."""
from ..clients.libtorrent import LibtorrentProcess
from ..machine import LOOPBACK
from ..payloads import MIB
from . import base
from .leech import UTP_CLIENTS


class Seed(base.Work):
    """
    Wall: from the moment at which libtorrent is told of the torrent and of the seeder, which is ready by then, until it has all.
    Transfer: from the first block. CPU and memory: of the seeder in that time. The other side: all leechers, one process.
    """

    operation = "seed"
    columns = [base.WALL, base.TRANSFER, *base.CPU, *base.MEMORY, *base.OTHER]
    leechers = 1
    is_utp = False

    @property
    def size(self):
        return self.bench.size

    def open(self):
        self._payload = self.bench.payloads.single(self.size, MIB)

    def run(self, client):
        bench, payload = self.bench, self._payload
        job = bench.job(payload, payload.folder, is_utp=self.is_utp)
        run = client.seed(job)
        leechers = None
        try:
            run.done(bench.time_out)
            target = bench.target()
            folders = [target / str(i) for i in range(self.leechers)]
            leechers = LibtorrentProcess(*(bench.ports.free() for _ in folders), is_utp=self.is_utp)
            leechers.ask("watch")
            before, other_before = run.child.meter.now(), leechers.child.meter.now()
            began = leechers.ask(
                "add", torrents=[str(payload.torrent)], folders=[str(folder) for folder in folders],
                peers=[(LOOPBACK, job.port)])["began"]
            done = leechers.ask("complete", patience=bench.time_out + 5, seconds=bench.time_out)["at"]
            after, other_after = run.child.meter.now(), leechers.child.meter.now()
            first = leechers.ask("watched")["first"]
        finally:
            run.abort()
            if leechers:
                leechers.stop()
        for folder in folders:
            payload.compare(folder)
        return {
            "wall": done - began,
            "transfer": done - first,
            **base.used(before[1:3], after[1:3]),
            **base.kept(run.child.meter, before.time, after.time),
            **base.used(other_before[1:3], other_after[1:3], "other_"),
            **base.kept(leechers.child.meter, other_before.time, other_after.time, "other_"),
        }


class Seed1(Seed):
    name = "seed-1"

    @property
    def title(self):
        return f"Seed: {base.mib(self.size)} to one leecher, from the page cache"


class Seed8(Seed):
    name = "seed-8"
    leechers = 8

    @property
    def size(self):
        return self.bench.size // 4

    @property
    def title(self):
        return f"Seed: {base.mib(self.size)} to each of 8 leechers at once, from the page cache"


class SeedUtp(Seed):
    name = "seed-utp"
    is_utp = True

    @property
    def title(self):
        return f"Seed by uTP: {base.mib(self.size)} to one leecher, from the page cache"

    def contenders(self, clients):
        return [client for client in clients if client.name in UTP_CLIENTS]


ALL = [Seed1, Seed8, SeedUtp]
