"""transmission-daemon."""
import http.client
import json
import shutil

from ..machine import LOOPBACK
from ..processes import Child, Failure, until
from .base import Client, Run, watched
from .host import Host, in_time, timed, when_ready

_SEEDING = 6
_STATUS = ["hashString", "name", "status", "percentDone", "rateDownload", "rateUpload", "peersConnected", "totalSize", "error"]


class Transmission(Client):
    name = "transmission"
    # Of version 3.00 a round of 1 GiB takes a minute and a half.
    rounds = 1
    lacks = {work: "it checks nine torrents a second, as measured with 500" for work in ("many-5000", "many-10000")}
    lacks["gather"] = "two thousand peers are for libtorrent and us"
    lacks["swarm"] = "it calls no peer on loopback, so its leechers would not meet"
    nothing = ["transmission-daemon", "--version"]

    def missing(self):
        return None if shutil.which("transmission-daemon") else "no transmission-daemon"

    def leech(self, job):
        # It never calls a peer on loopback, wherever it has heard of it.
        return _run(job, is_called=True)

    def host(self, job):
        return _Host(job)

    def watch(self, job):
        run = _run(job, is_called=True)
        return watched(run, lambda: run.rpc.seeding() == 1)

    def check(self, job):
        return _run(job)

    def seed(self, job):
        return _run(job)


def _run(job, **how):
    child, rpc = _start(job)
    try:
        rpc.await_first_answer(child)
        rpc.add(job.payload)
    except (Failure, OSError):
        child.stop()
        raise
    run = Run(child, lambda seconds: until(lambda: rpc.seeding() == 1, seconds, "transmission complete"), **how)
    run.rpc = rpc
    return run


def _start(job):
    settings = {
        "bind-address-ipv4": LOOPBACK, "bind-address-ipv6": "::1", "peer-port": job.port,
        "rpc-bind-address": LOOPBACK, "rpc-port": job.control, "rpc-whitelist-enabled": False,
        "download-dir": str(job.folder), "rename-partial-files": False, "preallocation": 0, "encryption": 0,
        "dht-enabled": False, "lpd-enabled": False, "pex-enabled": False, "utp-enabled": False,
        "port-forwarding-enabled": False, "ratio-limit-enabled": False, "idle-seeding-limit-enabled": False,
        "download-queue-enabled": False,
    }
    if job.max_peers:
        settings.update({"peer-limit-global": job.max_peers, "peer-limit-per-torrent": job.max_peers})
    (job.state / "settings.json").write_text(json.dumps(settings))
    return Child(["transmission-daemon", "--foreground", "--config-dir", job.state]), _Rpc(job.control)


class _Host(Host):
    def __init__(self, job):
        self.child, self._rpc = _start(job)

    def add(self, payloads, seconds):
        self._rpc.await_first_answer(self.child)
        for payload in in_time(payloads, seconds):
            self._rpc.add(payload)

    def resume(self, payloads, seconds):
        self._rpc.await_first_answer(self.child)

    def ready(self, count, seconds):
        return when_ready(self._rpc.seeding, count, seconds, self.child)

    def status(self):
        return timed(lambda: len(self._rpc.call("torrent-get", fields=_STATUS)["torrents"]))


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

    def await_first_answer(self, child):
        until(lambda: child.is_over() or self.answers(), 120, "transmission's RPC")

    def add(self, payload):
        self.call("torrent-add", filename=str(payload.torrent))

    def seeding(self):
        """How many torrents do."""
        torrents = self.call("torrent-get", fields=["status", "leftUntilDone"])["torrents"]
        return sum(torrent["leftUntilDone"] == 0 and torrent["status"] == _SEEDING for torrent in torrents)

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
