"""Our command line."""
import shutil

from ..machine import REPOSITORY
from ..processes import Child
from .base import Client, Run

_FOLDER = REPOSITORY / "src/TorrentPatron.Cli/bin/Release/net10.0"


class Patron(Client):
    name = "patron"
    is_ours = True
    is_rival = False
    lacks = {"watch": "another process can see only what it has saved"}

    def missing(self):
        return None if _command() else "not built: dotnet build -c Release src/TorrentPatron.Cli"

    @property
    def nothing(self):
        return [*_command(), "--version"]

    def leech(self, job):
        child = _run("start", job, "--peer", job.peer_address, "--json")
        return Run(child, lambda seconds: _complete(child, seconds), ends_itself=True)

    def check(self, job):
        child = _run("start", job, "--recheck", "--json")
        return Run(child, lambda seconds: _complete(child, seconds), ends_itself=True)

    def seed(self, job):
        child = _run("seed", job)
        return Run(child, lambda seconds: child.expect("Seeding on port", seconds)[0])


def _run(what, job, *more):
    return Child([
        *_command(), what, job.payload.torrent, "--destination", job.folder, "--state", job.state, "--port", job.port, *more])


def _complete(child, seconds):
    return child.expect(r'"isComplete":\s*true', seconds)[0]


def _command():
    if (_FOLDER / "patron").exists():
        return [_FOLDER / "patron"]
    if (_FOLDER / "patron.dll").exists() and shutil.which("dotnet"):
        return ["dotnet", _FOLDER / "patron.dll"]
    return None
