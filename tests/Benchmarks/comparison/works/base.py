"""What all works have in common."""
import dataclasses
import pathlib

from ..clients.base import Job
from ..machine import Ports, empty
from ..payloads import MIB, Payloads


@dataclasses.dataclass
class Bench:
    """What a run of the benchmarks works with."""

    folder: pathlib.Path
    ports: Ports
    payloads: Payloads
    size: int  # bytes of a whole payload
    time_out: float  # seconds, for each thing that is waited for
    idle: float  # seconds of doing nothing
    torrents: int = 10_000  # of a service

    def target(self):
        """An empty folder to download into."""
        return empty(self.folder / "target")

    def job(self, payload, folder, **more):
        """A job with ports of its own and an empty folder for what the client keeps."""
        ports = {name: self.ports.free() for name in ("port", "control") if name not in more}
        state = more.pop("state", None) or empty(self.folder / "state")
        return Job(payload, folder, state, **ports, **more)


@dataclasses.dataclass(frozen=True)
class Column:
    key: str  # of a figure
    heading: str
    has_ratio: bool = True


class Work:
    """Something that clients are measured at. Made once; open, run for each client and round, close."""

    name = ""
    operation = ""  # the method of clients that it needs
    columns: list[Column] = []
    rounds = None  # at most so many, where one takes long

    def __init__(self, bench: Bench):
        self.bench = bench

    @property
    def title(self):
        """What the work is, for the table."""
        raise NotImplementedError

    def missing(self):
        """Why nobody can be measured at it here, or None."""
        return None

    def contenders(self, clients):
        """Who is measured."""
        return clients

    def lacks(self, client):
        """Why a client cannot be measured at it, or None."""
        return client.lacks.get(self.name) or client.lacks.get(self.operation) or (
            None if hasattr(client, self.operation) else f"it has no {self.operation}")

    def open(self):
        """Makes what the runs share."""

    def close(self):
        """Ends what open has begun."""

    def run(self, client):
        """Measures a client once. Returns its figures."""
        raise NotImplementedError


WALL = Column("wall", "wall, s")
TRANSFER = Column("transfer", "of it transfer, s")
CPU = [Column("cpu", "CPU, s"), Column("user", "user", False), Column("system", "system", False)]
MEMORY = [Column("rss", "peak RSS, MiB", False), Column("anonymous", "peak anonymous, MiB")]
OTHER = [Column("other_cpu", "other side: CPU, s", False), Column("other_anonymous", "other side: anonymous, MiB", False)]


def used(before, after, prefix=""):
    """The CPU figures between two (user, system)."""
    user, system = after[0] - before[0], after[1] - before[1]
    return {prefix + "user": user, prefix + "system": system, prefix + "cpu": user + system}


def kept(meter, start, end, prefix=""):
    """The memory figures of a time."""
    rss, anonymous = meter.peak(start, end)
    return {prefix + "rss": rss, prefix + "anonymous": anonymous}


def mib(size):
    return f"{size / MIB:.4g} MiB"
