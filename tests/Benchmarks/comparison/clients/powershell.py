"""Our module in a real pwsh."""
import json
import pathlib
import shutil

from ..machine import REPOSITORY
from ..processes import Child
from .base import Client, Run

MODULE = REPOSITORY / "module/TorrentPatron/TorrentPatron.psd1"
_SCRIPT = pathlib.Path(__file__).with_name("start-torrent.ps1")


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
        return _start(job, "-Peer", job.peer_address, ends_itself=True)

    def check(self, job):
        return _start(job, "-Recheck", ends_itself=True)

    def seed(self, job):
        # The input's end lets the script end.
        return _start(job, "-Port", job.port, "-Stay", stop=None)

    def watch(self, job):
        run = _start(job, "-Peer", job.peer_address, "-Watch", ends_itself=True)

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


def _start(job, *arguments, **how):
    child = script(_SCRIPT, job.state, "-Torrent", job.payload.torrent, "-Destination", job.folder, *arguments)
    return Run(child, lambda seconds: child.expect("^complete$", seconds)[0], **how)
