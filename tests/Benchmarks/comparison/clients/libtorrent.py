"""libtorrent through its Python bindings."""
import importlib.util
import json
import pathlib

from ..machine import PYTHON
from ..processes import Child, Failure
from .base import Client, Run
from .host import Host

_CREATION = pathlib.Path(__file__).parents[1] / "libtorrent_creation.py"
_PROGRAM = pathlib.Path(__file__).parents[1] / "libtorrent_process.py"


class LibtorrentProcess:
    """A process with a session on each port, and what can be asked of it: see its program."""

    is_tuned = False  # the default: whether to use the settings of people who tune it

    def __init__(self, *ports, host=None, is_utp=False, is_rc4=False, is_tuned=None):
        self.ports = ports
        # Each session has an address of its own, since some clients take one connection from each.
        self.child = Child([PYTHON, _PROGRAM, *(f"{host or f'127.0.0.{1 + i}'}:{port}" for i, port in enumerate(ports)),
                            *(["--utp"] if is_utp else []), *(["--rc4"] if is_rc4 else []),
                            *(["--tuned"] if (self.is_tuned if is_tuned is None else is_tuned) else [])])

    def tell(self, do, **arguments):
        """Gives a command, and does not wait."""
        self.child.say(json.dumps({"do": do, **arguments}))

    def heard(self, seconds=30):
        """What it answered to the oldest command."""
        _, match = self.child.expect(r"^\{.*\}$", seconds)
        answer = json.loads(match[0])
        if "error" in answer:
            raise Failure(answer["error"])
        return answer

    def ask(self, do, patience=30, **arguments):
        self.tell(do, **arguments)
        return self.heard(patience)

    def stop(self):
        self.child.stop(None)


class Libtorrent(Client):
    name = "libtorrent"
    creates = ("1", "2", "hybrid")
    is_tuned = False
    nothing = [PYTHON, "-c", "import libtorrent"]

    def missing(self):
        return None if importlib.util.find_spec("libtorrent") else "this Python has no libtorrent"

    def leech(self, job):
        return self._run(job)

    def gather(self, job):
        return self._run(job)

    def check(self, job):
        return self._run(job)

    def seed(self, job):
        return self._run(job)

    def create(self, data, torrent, piece_length, version):
        return Child([PYTHON, _CREATION, data, torrent, piece_length, version])

    def host(self, job):
        return _Host(job, self.is_tuned)

    def share(self, job):
        return self._run(job)

    def watch(self, job):
        return self._run(job, watched=True)

    def _run(self, job, watched=False):
        process = LibtorrentProcess(job.port, host=job.host, is_utp=job.is_utp, is_rc4=job.is_rc4, is_tuned=self.is_tuned)
        process.tell("add", torrents=[str(job.payload.torrent)], folders=[str(job.folder)], peers=job.peers, max_peers=job.max_peers)

        def done(seconds):
            process.heard(seconds)
            answer = process.ask("complete", seconds + 5, seconds=seconds, pause=0.05 if watched else 0.01)
            run.latencies = answer["latencies"]
            return answer["at"]

        run = Run(process.child, done, stop=None)
        return run


class TunedLibtorrent(Libtorrent):
    """The same with the settings of people who tune it."""

    name = "libtorrent-tuned"
    lacks = {"create": "its settings are those of sessions"}
    is_tuned = True


class _Host(Host):
    def __init__(self, job, is_tuned):
        self._job = job
        self._process = LibtorrentProcess(job.port, is_tuned=is_tuned)
        self.child = self._process.child

    def add(self, payloads, seconds):
        self._process.ask(
            "add", seconds, torrents=[str(payload.torrent) for payload in payloads], folders=[str(self._job.folder)],
            state=str(self._job.state))

    def ready(self, count, seconds):
        return self._process.ask("complete", seconds + 5, seconds=seconds)["at"]

    def status(self):
        answer = self._process.ask("statuses", 60)
        return answer["seconds"], answer["count"]

    def save(self, seconds):
        self._process.ask("save", seconds, state=str(self._job.state))

    def end(self, seconds):
        self.save(seconds)
        self.child.stop(None, seconds)
