"""Downloading from one libtorrent seed."""
from .. import far_network
from ..clients.libtorrent import LibtorrentProcess
from ..clients.patron import Patron, command
from ..machine import LOOPBACK, empty
from ..payloads import KIB, MIB
from ..tracker import Tracker
from . import base

FILES = 5000

# Those that can be told to speak uTP alone.
UTP_CLIENTS = ("patron", "libtorrent", "libtorrent-tuned")

# Those that know version 2.
V2_CLIENTS = ("patron", "patron-aot", "Start-Torrent", "libtorrent", "libtorrent-tuned")

# Those that can be told to encrypt all by RC4.
RC4_CLIENTS = ("patron", "libtorrent", "libtorrent-tuned")


class Leech(base.Work):
    """
    Wall: from the process's start until the client says that it is complete. Transfer: from the first block that the seed
    sends. CPU and memory: of the client's process from its start to its end.
    """

    operation = "leech"
    columns = [base.WALL, base.TRANSFER, *base.CPU, base.Column("transfer_cpu", "CPU from the first block on, s"), *base.MEMORY,
               *base.OTHER]
    piece_length = MIB
    is_utp = False
    is_rc4 = False

    def payload(self):
        return self.bench.payloads.single(self.bench.size, self.piece_length)

    def open(self):
        self._payload = self.payload()
        self._seed = LibtorrentProcess(self.bench.ports.free(), is_utp=self.is_utp, is_rc4=self.is_rc4)
        self._seed.ask("add", torrents=[str(self._payload.torrent)], folders=[str(self._payload.folder)])
        self._seed.ask("complete", patience=300, seconds=290)
        self._tracker = Tracker(self.bench.ports.free(), (LOOPBACK, self._seed.ports[0]))

    def close(self):
        self._tracker.close()
        self._seed.stop()

    def download(self, operation):
        """Downloads once. Returns the client's run, and the times and the seed's samples that belong to it."""
        bench, seed, payload = self.bench, self._seed, self._payload
        job = bench.job(payload, bench.target(), peers=[(LOOPBACK, seed.ports[0])], tracker=self._tracker.address,
                        is_utp=self.is_utp, is_rc4=self.is_rc4)
        seed.ask("watch", info_hash=payload.info_hash)
        before = seed.child.meter.now()
        run = operation(job)
        try:
            if run.is_called:
                seed.ask("dial", peer=(LOOPBACK, job.port), info_hash=payload.info_hash)
            done = run.done(bench.time_out)
            after = seed.child.meter.now()
            run.end()
        finally:
            run.abort()
            watched = seed.ask("watched")
        payload.compare(job.folder)
        return run, (watched["first"], done, before, after)

    def run(self, client):
        run, (first, done, before, after) = self.download(client.leech)
        child = run.child
        return {
            "wall": done - child.began,
            "transfer": done - first,
            "whole": child.ended - child.began,
            **base.used((0, 0), child.cpu),
            "transfer_cpu": sum(child.cpu) - sum(child.meter.cpu_at(first)),
            **base.kept(child.meter, child.began, child.ended),
            **base.used(before[1:3], after[1:3], "other_"),
            **base.kept(self._seed.child.meter, before.time, after.time, "other_"),
        }


class Leech1M(Leech):
    name = "leech-1m"

    @property
    def title(self):
        return f"Download: {base.mib(self.bench.size)}, pieces of 1 MiB"


class Leech256K(Leech):
    name = "leech-256k"
    piece_length = 256 * KIB

    @property
    def title(self):
        return f"Download: {base.mib(self.bench.size)}, pieces of 256 KiB"


class LeechFiles(Leech):
    name = "leech-files"

    @property
    def title(self):
        return f"Download: {base.mib(self.bench.size)} in {FILES:,} files, pieces of 1 MiB"

    def payload(self):
        return self.bench.payloads.files(self.bench.size, FILES, self.piece_length)


class LeechFar(Leech):
    name = "leech-far"

    @property
    def size(self):
        return self.bench.size // 16

    @property
    def title(self):
        return f"Download: {base.mib(self.size)}, pieces of 1 MiB, {far_network.LATENCY}"

    def missing(self):
        return far_network.missing()

    def payload(self):
        return self.bench.payloads.single(self.size, self.piece_length)

    def open(self):
        self._network = far_network.FarNetwork()
        super().open()

    def close(self):
        super().close()
        self._network.close()


class LeechV2(Leech):
    """A torrent of version 2 (BEP 52), by SHA-256."""

    name = "leech-v2"

    @property
    def title(self):
        return f"Download: {base.mib(self.bench.size)} of version 2, pieces of 1 MiB"

    def payload(self):
        return self.bench.payloads.versioned(self.bench.size, self.piece_length, "2")

    def contenders(self, clients):
        return [client for client in clients if client.name in V2_CLIENTS]


class LeechUtp(Leech):
    name = "leech-utp"
    is_utp = True

    @property
    def title(self):
        return f"Download by uTP: {base.mib(self.bench.size)}, pieces of 1 MiB"

    def contenders(self, clients):
        return [client for client in clients if client.name in UTP_CLIENTS]


class LeechRc4(Leech):
    name = "leech-rc4"
    is_rc4 = True

    @property
    def title(self):
        return f"Download encrypted by RC4: {base.mib(self.bench.size)}, pieces of 1 MiB"

    def contenders(self, clients):
        return [client for client in clients if client.name in RC4_CLIENTS]


class LeechRc4Fast(LeechRc4):
    """
    The same from `patron`, which gives to all: libtorrent encrypts on its one network thread, which is busy all the time then, so that what
    it gives shows its own speed. CPU: of both sides. It is not known when the first block was sent.
    """

    name = "leech-rc4-fast"
    columns = [base.WALL, *base.CPU, *base.MEMORY, *base.OTHER]

    @property
    def title(self):
        return super().title + ", from patron"

    def missing(self):
        return None if command() else "patron, which gives, is not built"

    def open(self):
        self._payload = self.payload()
        self._job = self.bench.job(self._payload, self._payload.folder, is_rc4=True, state=empty(self.bench.folder / "giver"))
        self._giver = Patron().seed(self._job)
        self._giver.done(self.bench.time_out)

    def close(self):
        self._giver.abort()

    def run(self, client):
        bench, giver = self.bench, self._giver.child
        job = bench.job(self._payload, bench.target(), peers=[(LOOPBACK, self._job.port)], is_rc4=True)
        before = giver.meter.now()
        run = client.leech(job)
        try:
            done = run.done(bench.time_out)
            after = giver.meter.now()
            run.end()
        finally:
            run.abort()
        self._payload.compare(job.folder)
        child = run.child
        return {
            "wall": done - child.began,
            **base.used((0, 0), child.cpu),
            **base.kept(child.meter, child.began, child.ended),
            **base.used(before[1:3], after[1:3], "other_"),
            **base.kept(giver.meter, before.time, after.time, "other_"),
        }


ALL = [Leech1M, Leech256K, LeechFiles, LeechFar, LeechV2, LeechUtp, LeechRc4, LeechRc4Fast]
