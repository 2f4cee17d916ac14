"""Our command line."""
import shutil
import time

from ..machine import REPOSITORY
from ..processes import Child
from .base import Client, Run
from .host import Host

_MOST_ARGUMENTS = 10_000  # of a command line; and of lines in a list of links
_FOLDER = REPOSITORY / "src/TorrentPatron.Cli/bin/Release/net10.0"


class Patron(Client):
    name = "patron"
    is_ours = True
    is_rival = False
    options = ()  # to every command
    creates = ("1", "2", "hybrid")
    lacks = {"watch": "another process can see only what it has saved"}

    @property
    def command(self):
        return command()

    def missing(self):
        return None if self.command else "not built: dotnet build -c Release src/TorrentPatron.Cli"

    @property
    def nothing(self):
        return [*self.command, "--version"]

    def leech(self, job):
        child = self._run("start", job, *_peers(job), "--json")
        return Run(child, lambda seconds: _complete(child, seconds), ends_itself=True)

    def web_seed(self, job, address):
        child = self._run("start", job, "--web-seed", address, "--json")
        return Run(child, lambda seconds: _complete(child, seconds), ends_itself=True)

    def share(self, job):
        child = self._run("start", job, *_peers(job), "--seed")
        return Run(child, lambda seconds: child.expect(": Seeding, ", seconds)[0])

    def gather(self, job):
        child = self._run("start", job, "--json")
        return Run(child, lambda seconds: _complete(child, seconds), ends_itself=True)

    def check(self, job):
        child = self._run("start", job, "--recheck", "--json")
        return Run(child, lambda seconds: _complete(child, seconds), ends_itself=True)

    def create(self, data, torrent, piece_length, version):
        return Child([*self.command, "create", data, "-o", torrent, "--piece-length", piece_length, "--torrent-version", version])

    def host(self, job):
        return _Host(job, self.command)

    def seed(self, job):
        child = self._run("seed", job)
        return Run(child, lambda seconds: child.expect("Seeding on port", seconds)[0])

    def _run(self, what, job, *more):
        return Child([
            *self.command, what, job.payload.torrent, "--destination", job.folder, "--state", job.state, "--port", job.port, *self.options,
            *(["--transport", "utp"] if job.is_utp else []),
            *(["--encryption", "require"] if job.is_rc4 else []),
            *(["--max-peers", job.max_peers, "--max-peers-per-torrent", job.max_peers] if job.max_peers else []), *more])


class AheadOfTimePatron(Patron):
    """The same, compiled ahead of time."""

    name = "patron-aot"

    @property
    def command(self):
        built = next(REPOSITORY.glob("artifacts/patron-*/patron"), None)
        return [built] if built else None

    def missing(self):
        return super().missing() and "not built: ./build.ps1 -Task Package"


class MonoTorrent(Patron):
    """The same with the other engine, where it was built: what is ours is all but that which moves the pieces."""

    name = "MonoTorrent"
    is_ours = False
    options = ("--engine", "MonoTorrent")
    lacks = {**Patron.lacks, "create": "that part is ours", "web_seed": "it fetches nothing from web seeds", "many": "it is here to be compared by one torrent",
             "peers": "it is here to be compared by one torrent", "gather": "it is here to be compared by one torrent"}

    def missing(self):
        return super().missing() or (
            None if (_FOLDER / "engines/MonoTorrent").exists()
            else "not built: dotnet build -c Release -p:WithMonoTorrent=true src/TorrentPatron.Cli")


def _peers(job):
    return [part for address in job.peer_addresses for part in ("--peer", address)]


def _complete(child, seconds):
    return child.expect(r'"isComplete":\s*true', seconds)[0]


def command():
    if (_FOLDER / "patron").exists():
        return [_FOLDER / "patron"]
    if (_FOLDER / "patron.dll").exists() and shutil.which("dotnet"):
        return ["dotnet", _FOLDER / "patron.dll"]
    return None


def _listed(torrents, folder):
    """The options that give torrents in lists."""
    for start in range(0, len(torrents), _MOST_ARGUMENTS):
        path = folder / f"torrents-{start}.txt"
        path.write_text("".join(f"{torrent}\n" for torrent in torrents[start:start + _MOST_ARGUMENTS]))
        yield from ("--links", path)


class _Host(Host):
    """Takes all torrents on its command line, and says when each seeds."""

    adds = False

    def __init__(self, job, program):
        self._job, self._program = job, program

    def add(self, payloads, seconds):
        job = self._job
        torrents = [payload.torrent for payload in payloads]
        if len(torrents) > _MOST_ARGUMENTS:
            torrents = list(_listed(torrents, job.state))
        self.child = Child([
            *self._program, "start", *torrents, "--destination", job.folder, "--state", job.state,
            "--port", job.port, "--seed"])

    def ready(self, count, seconds):
        until = time.monotonic() + seconds
        for _ in range(count):
            moment, _ = self.child.expect(": Seeding, ", until - time.monotonic())
        return moment
