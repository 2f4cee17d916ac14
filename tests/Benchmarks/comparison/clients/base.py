"""What the works ask of a client."""
import dataclasses
import pathlib
import signal
import time
import typing

from ..machine import LOOPBACK
from ..payloads import Payload
from ..processes import Child, Failure


@dataclasses.dataclass(frozen=True)
class Job:
    """What a client is to do."""

    payload: Payload | None  # None where torrents are added later
    folder: pathlib.Path  # where the data lies, or is to be written
    state: pathlib.Path  # for what the client keeps for itself
    port: int  # to listen on
    control: int  # a port for being asked
    host: str = LOOPBACK  # the address to listen on and to call from, where that can be said
    peers: typing.Sequence[tuple[str, int]] = ()  # addresses to call
    tracker: str | None = None  # a tracker that returns those peers, for clients that take no addresses
    is_utp: bool = False  # whether to speak uTP alone
    is_rc4: bool = False  # whether to encrypt all by RC4
    max_peers: int | None = None  # to allow, where the client's own limit is less

    @property
    def control_file(self):
        """A socket for being asked, that is a file."""
        return self.state / "control"

    @property
    def peer_addresses(self):
        return [f"{host}:{port}" for host, port in self.peers]


class Run:
    """A client at work."""

    def __init__(self, child: Child, done, *, ends_itself=False, is_called=False, stop=signal.SIGTERM):
        self.child = child
        self._done = done
        self._ends_itself = ends_itself
        self._stop = stop
        self.latencies = []  # seconds of each status call, where it was watched
        self.is_called = is_called  # whether the other side has to call it, since it calls nobody

    def done(self, seconds):
        """Waits until the client says that what it was asked for is done. Returns when it said so."""
        return self._done(seconds)

    def end(self, seconds=60):
        """Lets the client end in its own way."""
        if self._ends_itself:
            self.child.wait(seconds)
        self.abort()

    def abort(self):
        self.child.stop(self._stop)


def watched(run, ask, pause=0.05):
    """Asks for the status time and again until that says that all is done, and notes how long each answer took."""
    def done(seconds):
        until = time.monotonic() + seconds
        while True:
            began = time.monotonic()
            is_done = ask()
            answered = time.monotonic()
            run.latencies.append(answered - began)
            if is_done:
                return answered
            if answered > until:
                raise Failure(run.child.told(f"is not done after {seconds:.0f} s"))
            time.sleep(pause)

    run.done = done
    return run


class Client:
    """
    A program. It has a method for each operation, but for those it lacks: leech(job); watch(job), which downloads and
    asks for the status all the time; share(job), which downloads and goes on giving; gather(job), which
    downloads from peers that call it; seed(job); check(job); host(job); create(data, torrent, piece_length, version), which
    makes a torrent and ends.
    """

    name = ""
    is_ours = False
    is_rival = True  # whether ours are compared with it
    rounds = None  # the most rounds of each work, for slow clients
    nothing: list = []  # the command that starts it to do nothing
    importing: list = []  # the command that loads it into what it runs in, where that is something else
    lacks: dict[str, str] = {}  # operation: why
    creates = ("1",)  # the formats in which it makes torrents

    def missing(self):
        """Why it cannot be run here, or None."""
        raise NotImplementedError
