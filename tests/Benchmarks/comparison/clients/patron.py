"""Our command line."""
import shutil
import time

from ..machine import REPOSITORY
from ..processes import Child
from .base import Client, Run
from .host import Host

_FOLDER = REPOSITORY / "src/TorrentPatron.Cli/bin/Release/net10.0"


class Patron(Client):
    name = "patron"
    is_ours = True
    is_rival = False
    options = ()  # to every command
    lacks = {
        "watch": "another process can see only what it has saved",
        "peers": "it has no option for more than 100 peers of a torrent",
        "gather": "it has no option for more than 100 peers of a torrent",
    }

    def missing(self):
        return None if _command() else "not built: dotnet build -c Release src/TorrentPatron.Cli"

    @property
    def nothing(self):
        return [*_command(), "--version"]

    def leech(self, job):
        child = self._run("start", job, *_peers(job), "--json")
        return Run(child, lambda seconds: _complete(child, seconds), ends_itself=True)

    def share(self, job):
        child = self._run("start", job, *_peers(job), "--seed")
        return Run(child, lambda seconds: child.expect(": Seeding, ", seconds)[0])

    def check(self, job):
        child = self._run("start", job, "--recheck", "--json")
        return Run(child, lambda seconds: _complete(child, seconds), ends_itself=True)

    def host(self, job):
        return _Host(job)

    def seed(self, job):
        child = self._run("seed", job)
        return Run(child, lambda seconds: child.expect("Seeding on port", seconds)[0])

    def _run(self, what, job, *more):
        return Child([
            *_command(), what, job.payload.torrent, "--destination", job.folder, "--state", job.state, "--port", job.port, *self.options,
            *(["--transport", "utp"] if job.is_utp else []),
            *(["--encryption", "require"] if job.is_rc4 else []), *more])


class MonoTorrent(Patron):
    """The same with the other engine, where it was built: what is ours is all but that which moves the pieces."""

    name = "MonoTorrent"
    is_ours = False
    options = ("--engine", "MonoTorrent")
    lacks = {**Patron.lacks, "many": "it is here to be compared by one torrent"}

    def missing(self):
        return super().missing() or (
            None if (_FOLDER / "engines/MonoTorrent").exists()
            else "not built: dotnet build -c Release -p:WithMonoTorrent=true src/TorrentPatron.Cli")


def _peers(job):
    return [part for address in job.peer_addresses for part in ("--peer", address)]


def _complete(child, seconds):
    return child.expect(r'"isComplete":\s*true', seconds)[0]


def _command():
    if (_FOLDER / "patron").exists():
        return [_FOLDER / "patron"]
    if (_FOLDER / "patron.dll").exists() and shutil.which("dotnet"):
        return ["dotnet", _FOLDER / "patron.dll"]
    return None


class _Host(Host):
    """Takes all torrents on its command line, and says when each seeds."""

    adds = False

    def __init__(self, job):
        self._job = job

    def add(self, payloads, seconds):
        job = self._job
        self.child = Child([
            *_command(), "start", *(payload.torrent for payload in payloads), "--destination", job.folder, "--state", job.state,
            "--port", job.port, "--seed"])

    def ready(self, count, seconds):
        until = time.monotonic() + seconds
        for _ in range(count):
            moment, _ = self.child.expect(": Seeding, ", until - time.monotonic())
        return moment
