"""aria2c."""
import base64
import http.client
import json
import shutil

from ..machine import LOOPBACK
from ..processes import Child, Failure, until
from .base import Client, Run, watched
from .host import Host, in_time, timed, when_ready

_STATUS = ["gid", "infoHash", "status", "completedLength", "totalLength", "downloadSpeed", "uploadSpeed", "connections", "seeder"]


class Aria2(Client):
    name = "aria2c"
    nothing = ["aria2c", "--version"]
    lacks = {"gather": "two thousand peers are for libtorrent and us"}

    def missing(self):
        return None if shutil.which("aria2c") else "no aria2c"

    def leech(self, job):
        # It cannot be told of a peer but by a tracker.
        child = _leech(job)
        return Run(child, lambda seconds: child.expect("Download complete", seconds)[0], ends_itself=True)

    def web_seed(self, job, address):
        # Not by the torrent: it verifies nothing then, and has no quicker way.
        child = Child([
            "aria2c", "--no-conf", "--show-console-readout=false", "--summary-interval=0", "--enable-color=false",
            "--console-log-level=notice", "-x16", "-s16", "-k1M", "--file-allocation=none", f"--dir={job.folder}", address + job.payload.name])
        return Run(child, lambda seconds: child.expect("Download complete", seconds)[0], ends_itself=True)

    def host(self, job):
        return _Host(job)

    def watch(self, job):
        # Once it is complete, it is to be asked a last time.
        child = _leech(job, "--seed-time=1", *_asked(job))
        return watched(Run(child, None), lambda: _seeding(job.control) == 1)

    def share(self, job):
        child = _leech(job, "--seed-time=60", "--seed-ratio=0", *_asked(job))
        return Run(child, lambda seconds: until(lambda: _seeding(job.control) == 1, seconds, "aria2c seeds"))

    def check(self, job):
        child = _run(job, "--check-integrity=true", "--hash-check-only=true")
        return Run(child, lambda seconds: child.expect("Verification finished successfully", seconds)[0], ends_itself=True)

    def seed(self, job):
        child = _run(job, "--bt-seed-unverified=true", "--check-integrity=true", "--seed-ratio=0", *_asked(job))
        return Run(child, lambda seconds: until(lambda: _seeding(job.control) == 1, seconds, "aria2c seeds"))


def _leech(job, *more):
    return _run(job, "--seed-time=0", f"--bt-tracker={job.tracker}", "--bt-tracker-interval=1", *more)


def _asked(job):
    return "--enable-rpc=true", "--rpc-save-upload-metadata=false", f"--rpc-listen-port={job.control}"


def _run(job, *more):
    limits = [f"--bt-max-peers={job.max_peers}"] if job.max_peers else []
    torrents = [job.payload.torrent] if job.payload else []
    return Child([
        "aria2c", "--no-conf", "--show-console-readout=false", "--summary-interval=0", "--enable-color=false",
        "--console-log-level=notice", f"--interface={job.host}", f"--listen-port={job.port}", "--enable-dht=false",
        "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--file-allocation=none",
        f"--dir={job.folder}", *limits, *more, *torrents])


class _Host(Host):
    def __init__(self, job):
        self._port = job.control
        self.child = _run(
            job, "--check-integrity=true", "--seed-ratio=0", "--max-concurrent-downloads=1000000", *_asked(job))

    def add(self, payloads, seconds):
        until(lambda: self.child.is_over() or _seeding(self._port) is not None, 60, "aria2c's RPC")
        for payload in in_time(payloads, seconds):
            _call(self._port, "aria2.addTorrent", base64.b64encode(payload.torrent.read_bytes()).decode())

    def ready(self, count, seconds):
        return when_ready(lambda: _seeding(self._port) or 0, count, seconds, self.child)

    def status(self):
        return timed(lambda: len(_call(self._port, "aria2.tellActive", _STATUS)))


def _seeding(port):
    """How many torrents do; None while it does not answer."""
    try:
        return sum(download.get("seeder") == "true" for download in _call(port, "aria2.tellActive", ["seeder"]))
    except OSError:
        return None


def _call(port, method, *arguments):
    request = {"jsonrpc": "2.0", "id": "1", "method": method, "params": arguments}
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
    try:
        connection.request("POST", "/jsonrpc", json.dumps(request))
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if "error" in answer:
        raise Failure(f"aria2c {method}: {answer['error']}")
    return answer["result"]
