"""transmission-daemon."""
import base64
import http.client
import json
import shutil

from ..machine import LOOPBACK
from ..processes import Child, Failure, until
from .base import Client, Run, watched

_SEEDING = 6


class Transmission(Client):
    name = "transmission"
    # Of version 3.00 a round of 1 GiB takes a minute and a half.
    rounds = 1
    nothing = ["transmission-daemon", "--version"]

    def missing(self):
        return None if shutil.which("transmission-daemon") else "no transmission-daemon"

    def leech(self, job):
        # It never calls a peer on loopback, wherever it has heard of it.
        return _run(job, is_called=True)

    def watch(self, job):
        run = _run(job, is_called=True)
        return watched(run, run.rpc.all_seeding)

    def check(self, job):
        return _run(job)

    def seed(self, job):
        return _run(job)


def _run(job, **how):
    rpc_port = job.control
    settings = {
        "bind-address-ipv4": LOOPBACK, "bind-address-ipv6": "::1", "peer-port": job.port,
        "rpc-bind-address": LOOPBACK, "rpc-port": rpc_port, "rpc-whitelist-enabled": False,
        "download-dir": str(job.folder), "rename-partial-files": False, "preallocation": 0, "encryption": 0,
        "dht-enabled": False, "lpd-enabled": False, "pex-enabled": False, "utp-enabled": False,
        "port-forwarding-enabled": False, "ratio-limit-enabled": False, "idle-seeding-limit-enabled": False,
    }
    (job.state / "settings.json").write_text(json.dumps(settings))
    child = Child(["transmission-daemon", "--foreground", "--config-dir", job.state])
    rpc = _Rpc(rpc_port)
    try:
        until(lambda: child.is_over() or rpc.answers(), 30, "transmission's RPC")
        metainfo = base64.b64encode(job.payload.torrent.read_bytes()).decode()
        rpc.call("torrent-add", metainfo=metainfo)
    except (Failure, OSError):
        child.stop()
        raise
    run = Run(child, lambda seconds: until(rpc.all_seeding, seconds, "transmission complete"), **how)
    run.rpc = rpc
    return run


class _Rpc:
    def __init__(self, port):
        self._port = port
        self._session = ""

    def answers(self):
        try:
            self.call("session-stats")
            return True
        except OSError:
            return False

    def all_seeding(self):
        torrents = self.call("torrent-get", fields=["status", "leftUntilDone"])["torrents"]
        return all(torrent["leftUntilDone"] == 0 and torrent["status"] == _SEEDING for torrent in torrents)

    def call(self, method, **arguments):
        body = json.dumps({"method": method, "arguments": arguments})
        for _ in range(2):
            connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=60)
            try:
                connection.request("POST", "/transmission/rpc", body, {"X-Transmission-Session-Id": self._session})
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            if answer.status != http.client.CONFLICT:
                break
            self._session = answer.headers["X-Transmission-Session-Id"]
        reply = json.loads(content)
        if reply["result"] != "success":
            raise Failure(f"transmission {method}: {reply['result']}")
        return reply["arguments"]
