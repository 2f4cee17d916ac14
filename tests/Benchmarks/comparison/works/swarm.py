"""Leechers of one kind that find one libtorrent seed and one another."""
from ..clients.libtorrent import LibtorrentProcess
from ..machine import LOOPBACK, empty
from ..payloads import MIB
from ..tracker import Tracker
from . import base

_LEECHERS = 4


class Swarm(base.Work):
    """
    Wall: from the first process's start until the last client says that it is complete; those that are go on giving. CPU: of all
    leechers; memory: of the one with most. The other side: the seed.
    """

    name = "swarm"
    operation = "share"
    columns = [base.WALL, *base.CPU, *base.MEMORY, base.Column("copies", "copies from the seed", False), *base.OTHER]

    @property
    def size(self):
        return self.bench.size // 4

    @property
    def title(self):
        return f"Swarm: {base.mib(self.size)} to each of {_LEECHERS} leechers of a kind"

    def open(self):
        self._payload = self.bench.payloads.single(self.size, MIB)
        self._seed = LibtorrentProcess(self.bench.ports.free())
        self._seed.ask("add", torrents=[str(self._payload.torrent)], folders=[str(self._payload.folder)])
        self._seed.ask("complete", patience=300, seconds=290)

    def close(self):
        self._seed.stop()

    def run(self, client):
        bench, seed, payload = self.bench, self._seed, self._payload
        target, states = bench.target(), empty(bench.folder / "states")
        addresses = [(f"127.0.0.{2 + i}", bench.ports.free()) for i in range(_LEECHERS)]
        everybody = [(LOOPBACK, seed.ports[0]), *addresses]
        tracker = Tracker(bench.ports.free(), *everybody)
        runs = []
        seed.ask("watch", info_hash=payload.info_hash)
        before = seed.child.meter.now()
        try:
            for i, (host, port) in enumerate(addresses):
                folder, state = empty(target / str(i)), empty(states / str(i))
                job = bench.job(payload, folder, state=state, host=host, port=port, tracker=tracker.address,
                                peers=[peer for peer in everybody if peer != (host, port)])
                runs.append(client.share(job))
            done = max(run.done(bench.time_out) for run in runs)
            samples = [run.child.meter.now() for run in runs]
            after = seed.child.meter.now()
        finally:
            watched = seed.ask("watched")
            for run in runs:
                run.abort()
            tracker.close()
        for i in range(_LEECHERS):
            payload.compare(target / str(i))
        began = runs[0].child.began
        kept = [base.kept(run.child.meter, began, done) for run in runs]
        return {
            "wall": done - began,
            **base.used((0, 0), [sum(sample[part] for sample in samples) for part in (1, 2)]),
            **{key: max(one[key] for one in kept) for key in kept[0]},
            "copies": watched["sent"] / payload.size,
            **base.used(before[1:3], after[1:3], "other_"),
            **base.kept(seed.child.meter, before.time, after.time, "other_"),
        }


ALL = [Swarm]
