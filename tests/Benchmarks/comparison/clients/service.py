"""Our service in a process of its own, and what its clients do: sessions of pwsh, and a program that speaks JSON-RPC."""
import contextlib
import datetime
import json
import os
import re
import socket
import time

from ..processes import Child, Failure
from . import patron, powershell


class ServiceProcess:
    """`patron service` with a state folder and a socket of its own."""

    def __init__(self, job):
        self.socket = str(job.state / "run/s")
        self.child = Child([
            *patron.command(), "service", "--socket", self.socket, "--state", job.state / "service", "--port", job.port,
            "--no-dht", "--no-local-discovery", "--no-port-mapping"])

    def listens(self, seconds=60):
        """Waits until clients can connect. Returns when that was."""
        return self.child.expect("listens on", seconds)[0]

    def kill(self):
        """Ends it as a power cut would."""
        os.kill(self.child.pid, 9)
        while not self.child.is_over():
            time.sleep(0.01)

    def stop(self, seconds=60):
        self.child.stop(seconds=seconds)


class Rpc:
    """A connection that speaks as docs/rpc.md says."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self._received = b""
        self._last = 0
        self.notices = []  # what came while an answer was awaited
        self.call("hello", protocol=1, program="benchmark", processId=os.getpid())

    def call(self, method, patience=60, **params):
        """Asks, and waits for the answer; keeps what is told meanwhile."""
        self._last += 1
        self.socket.sendall(json.dumps({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}).encode() + b"\n")
        until = time.monotonic() + patience
        while True:
            answer = None
            for message in self.receive(max(until - time.monotonic(), 0.001)):
                if message.get("id") == self._last and "method" not in message:
                    answer = message
                else:
                    self.notices.append(message)  # also what came with the answer, behind it
            if answer:
                if "error" in answer:
                    raise Failure(f"{method}: {answer['error']}")
                return answer["result"]
            if time.monotonic() > until:
                raise Failure(f"{method} was not answered within {patience} s")

    def receive(self, seconds):
        """The messages that come next, as soon as there are any; none where none come in that time."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(1 << 20)
        except TimeoutError:
            return []
        if not data:
            raise Failure("the service closed the connection")
        *lines, self._received = (self._received + data).split(b"\n")
        return [json.loads(line) for line in lines if line]

    def close(self):
        self.socket.close()


class ServiceHost(powershell.Host):
    """Takes torrents by a session that is attached to a service."""

    def __init__(self, job):
        self.service = ServiceProcess(job)
        self.service.listens()
        super().__init__(job, "-Socket", self.service.socket)

    def release(self):
        """The session goes, and the torrents run on."""
        self.child.stop(None, 60)

    def abort(self):
        super().abort()
        self.service.stop(5)


class Attached(powershell.PowerShell):
    """Sessions that are attached to a service."""

    name = "through the service"

    def missing(self):
        return super().missing() or patron.Patron().missing()

    def host(self, job):
        return ServiceHost(job)

    def leech(self, job):
        service = ServiceProcess(job)
        service.listens()
        run = powershell.start(job, "-Socket", service.socket, "-Peer", ",".join(job.peer_addresses), ends_itself=True)
        abort = run.abort

        def abort_both():
            abort()
            service.stop(10)

        run.abort = abort_both
        return run


class InProcess(powershell.PowerShell):
    """The same in the session's own process: what the service is compared with."""

    name = "in process"
    is_ours = False
    is_rival = True


def attach(service):
    """A new pwsh that connects and takes all statuses. Returns (when they were there less its start, of it connecting and taking, how many)."""
    child = powershell.script(powershell.ATTACH, "/nonexistent", "-Socket", service.socket)
    moment, match = child.expect(r"^attached (\d+) ([\d.E-]+)$", 120)
    with contextlib.suppress(Failure):
        child.wait(30)
    child.stop(None)
    return moment - child.began, float(match[2]), int(match[1])


def seeding(rpc, count, seconds, state="Seeding"):
    """Waits until that many torrents seed, or are in another state, by what a subscriber is told. Returns when the last one was."""
    states, until = {}, time.monotonic() + seconds
    rpc.call("subscribe")
    messages, rpc.notices = rpc.notices, []
    while True:
        for message in messages:
            for status in (message.get("params") or {}).get("changed") or []:
                states[status["infoHash"]] = status.get("state")
        moment = time.monotonic()
        if sum(known == state for known in states.values()) >= count:
            return moment
        if moment > until:
            raise Failure(f"{len(states)} of {count} torrents were told of within {seconds:.0f} s")
        messages = rpc.receive(1)


def told(line, info_hash, state):
    """Whether a line tells that a torrent is in a state, and when its status was taken (seconds since 1970); else None."""
    if info_hash not in line or b'"statuses"' not in line:
        return None
    for status in (json.loads(line).get("params") or {}).get("changed") or []:
        if status["infoHash"].encode() == info_hash and status.get("state") == state:
            # Seven digits of a second, one more than Python knows.
            return _moment(status["timestamp"])
    return None


def _moment(text):
    return datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).timestamp()

