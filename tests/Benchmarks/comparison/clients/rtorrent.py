"""rtorrent."""
import shutil
import socket
import xmlrpc.client

from ..machine import LOOPBACK
from ..processes import Child, Failure, until
from .base import Client, Run, watched
from .host import Host, in_time, timed, when_ready

NO_TRACKER = f"http://{LOOPBACK}:9/announce"
_SETTINGS = """
system.daemon.set = true
network.scgi.open_local = {socket}
session.path.set = {session}
directory.default.set = {folder}
network.bind_address.set = {host}
network.port_range.set = {port}-{port}
network.port_random.set = no
dht.mode.set = disable
protocol.pex.set = no
protocol.encryption.set = none
trackers.use_udp.set = no
pieces.hash.on_completion.set = no
system.file.allocate.set = 0
"""
_STATUS = ["d.hash=", "d.name=", "d.complete=", "d.completed_bytes=", "d.down.rate=", "d.up.rate=", "d.peers_connected=",
           "d.message="]


class Rtorrent(Client):
    name = "rtorrent"
    nothing = ["rtorrent", "-h"]
    lacks = {"gather": "two thousand peers are for libtorrent and us"}

    def missing(self):
        return None if shutil.which("rtorrent") else "no rtorrent"

    def leech(self, job):
        return _run(job)

    def host(self, job):
        return _Host(job)

    def watch(self, job):
        run = _run(job)
        return watched(run, lambda: _complete(job.control_file) == 1)

    def share(self, job):
        return _run(job)

    def check(self, job):
        return _run(job)

    def seed(self, job):
        return _run(job)


def _run(job):
    # It takes no torrent without a tracker.
    torrent = job.payload.announced(job.tracker or NO_TRACKER, job.state / "announced.torrent")
    child = _start(job, f"load.start = {torrent}")

    def is_complete():
        if child.is_over():
            raise Failure(child.told("ended early"))
        return _complete(job.control_file) == 1

    return Run(child, lambda seconds: until(is_complete, seconds, "rtorrent complete"))


def _start(job, *more):
    session, settings = job.state / "session", job.state / "settings"
    session.mkdir(exist_ok=True)
    job.control_file.unlink(missing_ok=True)
    settings.write_text("\n".join([_SETTINGS.format(
        socket=job.control_file, session=session, folder=job.folder, host=job.host, port=job.port), *_limits(job), *more, ""]))
    return Child(["rtorrent", "-n", "-o", f"import={settings}"], terminal=True)


def _limits(job):
    return [f"throttle.max_peers.{when}.set = {job.max_peers}" for when in ("normal", "seed") if job.max_peers]


class _Host(Host):
    def __init__(self, job):
        self._job = job
        self.child = _start(job)

    def add(self, payloads, seconds):
        until(lambda: self.child.is_over() or _complete(self._job.control_file) is not None, 60, "rtorrent's RPC")
        for payload in in_time(payloads, seconds):
            torrent = payload.announced(self._job.tracker, self._job.state / payload.torrent.name)
            _call(self._job.control_file, "load.start", "", str(torrent))

    def resume(self, payloads, seconds):
        """It finds them in its session."""

    def ready(self, count, seconds):
        return when_ready(lambda: _complete(self._job.control_file) or 0, count, seconds, self.child)

    def status(self):
        return timed(lambda: len(_call(self._job.control_file, "d.multicall2", "", "main", *_STATUS)))


def _complete(control):
    """How many torrents are; None while it does not answer."""
    try:
        return sum(all(values) for values in _call(control, "d.multicall2", "", "main", "d.complete=", "d.is_active="))
    except OSError:
        return None


def _call(control, method, *arguments):
    """XML-RPC by SCGI, through a socket that is a file."""
    body = xmlrpc.client.dumps(arguments, method).encode()
    head = b"CONTENT_LENGTH\0%d\0SCGI\0001\0" % len(body)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(control))
        connection.sendall(b"%d:%b,%b" % (len(head), head, body))
        answer = b""
        while part := connection.recv(1 << 16):
            answer += part
    values, _ = xmlrpc.client.loads(answer.partition(b"\r\n\r\n")[2])
    return values[0]
