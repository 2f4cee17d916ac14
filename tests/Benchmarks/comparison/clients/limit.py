"""A prototype outside of the repository that does nothing but download from one peer: what the machine allows."""
import os
import pathlib
import shutil
import subprocess

from ..processes import Child
from .base import Client, Run


class Limit(Client):
    """Built from a copy of its project; started as PROGRAM TORRENT FOLDER HOST PORT, it prints DONE and waits for a line."""

    name = "limit"
    is_rival = False
    lacks = {operation: "it does nothing but download one file from one peer"
             for operation in ("seed", "check", "many", "swarm", "start", "peers", "leech-files")}

    def __init__(self, project, folder):
        self._project = pathlib.Path(project)
        self._copy = folder / "limit"

    def missing(self):
        return None if self._program() else "it cannot be built"

    def _program(self):
        if not self._copy.exists():
            shutil.copytree(self._project, self._copy)
            os.chmod(self._copy, 0o755)
            subprocess.run(
                ["dotnet", "build", self._copy, "-c", "Release", "-o", self._copy / "out", "--nologo", "-v", "q"],
                stdout=subprocess.DEVNULL, timeout=300)
        return next(iter(self._copy.glob("out/*.runtimeconfig.json")), None)

    def leech(self, job):
        program = str(self._program()).replace(".runtimeconfig.json", ".dll")
        child = Child(
            ["dotnet", program, job.payload.torrent, job.folder, *job.peers[0]], env={"PX_PRE": "0", "PX_RECV": "64"})

        def done(seconds):
            moment, _ = child.expect("^DONE", seconds)
            child.say("")
            return moment

        return Run(child, done, ends_itself=True)
