"""rtorrent."""
import shutil
import socket
import xmlrpc.client

from ..machine import LOOPBACK
from ..processes import Child, Failure, until
from .base import Client, Run, watched

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
load.start = {torrent}
"""


class Rtorrent(Client):
    name = "rtorrent"
    nothing = ["rtorrent", "-h"]

    def missing(self):
        return None if shutil.which("rtorrent") else "no rtorrent"

    def leech(self, job):
        return _run(job)

    def watch(self, job):
        run = _run(job)
        return watched(run, lambda: _all(job.state / "control", "d.complete=", "d.is_active="))

    def check(self, job):
        return _run(job)

    def seed(self, job):
        return _run(job)


def _run(job):
    session, control, settings = job.state / "session", job.state / "control", job.state / "settings"
    session.mkdir(exist_ok=True)
    # It takes no torrent without a tracker.
    torrent = job.payload.announced(job.tracker or NO_TRACKER, job.state / "announced.torrent")
    settings.write_text(_SETTINGS.format(
        socket=control, session=session, folder=job.folder, host=LOOPBACK, port=job.port, torrent=torrent))
    child = Child(["rtorrent", "-n", "-o", f"import={settings}"], terminal=True)

    def is_complete():
        if child.is_over():
            raise Failure(child.told("ended early"))
        return _all(control, "d.complete=", "d.is_active=")

    return Run(child, lambda seconds: until(is_complete, seconds, "rtorrent complete"))


def _all(control, *what):
    """Whether there are torrents and all are so."""
    try:
        torrents = _call(control, "d.multicall2", "", "main", *what)
    except OSError:
        return False
    return bool(torrents) and all(all(values) for values in torrents)


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
