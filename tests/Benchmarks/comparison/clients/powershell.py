"""Our module in a real pwsh."""
import json
import pathlib
import shutil

from ..machine import REPOSITORY
from ..processes import Child
from .base import Client, Run
from . import host

MODULE = REPOSITORY / "module/TorrentPatron/TorrentPatron.psd1"
_ONE = pathlib.Path(__file__).with_name("start-torrent.ps1")
_MANY = pathlib.Path(__file__).with_name("many.ps1")
ATTACH = pathlib.Path(__file__).with_name("attach.ps1")


class PowerShell(Client):
    name = "Start-Torrent"
    is_ours = True
    is_rival = False
    nothing = ["pwsh", "-NoProfile", "-NonInteractive", "-Command", "exit"]
    importing = ["pwsh", "-NoProfile", "-NonInteractive", "-Command", f"Import-Module '{MODULE}'"]

    def missing(self):
        if not shutil.which("pwsh"):
            return "no pwsh"
        return None if MODULE.exists() else "not built: dotnet build -c Release src/TorrentPatron.PowerShell"

    def leech(self, job):
        return start(job, *_peers(job), ends_itself=True)

    def check(self, job):
        return start(job, "-Recheck", ends_itself=True)

    def seed(self, job):
        return _stay(job)

    def share(self, job):
        return _stay(job, *_peers(job))

    def gather(self, job):
        return _stay(job)

    def host(self, job):
        return Host(job, "-Port", job.port)

    def watch(self, job):
        run = start(job, *_peers(job), "-Watch", ends_itself=True)

        def done(seconds):
            moment, match = run.child.expect(r"^complete (\[.*\])$", seconds)
            run.latencies = json.loads(match[1])
            return moment

        run.done = done
        return run


def script(path, state, *arguments):
    """Runs a script in a new pwsh."""
    return Child(
        ["pwsh", "-NoProfile", "-NonInteractive", "-File", path, "-Module", MODULE, *arguments],
        env={"TORRENTPATRON_STATE": str(state), "POWERSHELL_TELEMETRY_OPTOUT": "1", "NO_COLOR": "1"})


def _peers(job):
    return "-Peer", ",".join(job.peer_addresses)


def _stay(job, *arguments):
    # The input's end lets the script end.
    return start(job, "-Port", job.port, "-MaxPeers", job.max_peers or 100, "-Stay", *arguments, stop=None)


def start(job, *arguments, **how):
    child = script(_ONE, job.state, "-Torrent", job.payload.torrent, "-Destination", job.folder, *arguments)
    return Run(child, lambda seconds: child.expect("^complete$", seconds)[0], **how)


class Host(host.Host):
    def __init__(self, job, *arguments):
        self._job = job
        self.child = script(_MANY, job.state, *arguments)

    def add(self, payloads, seconds):
        listed = self._job.state / "torrents.txt"
        listed.write_text("".join(f"{payload.torrent}\n" for payload in payloads))
        self._tell("add", self._job.folder, listed)
        self._heard("add", seconds)

    def ready(self, count, seconds):
        self._tell("ready")
        moment, _ = self._heard("ready", seconds)
        return moment

    def status(self):
        self._tell("status")
        _, match = self._heard("status", 60)
        return float(match[2]), int(match[1])

    def end(self, seconds):
        # The input's end lets the script end.
        self.child.stop(None, seconds)

    def _tell(self, *words):
        self.child.say("\t".join(str(word) for word in words))

    def _heard(self, verb, seconds):
        return self.child.expect(rf"^{verb} (\d+) ([\d.E-]+)$", seconds)
