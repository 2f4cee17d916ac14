"""A service in a process of its own: what it costs beside the same in one process."""
import base64
import json
import os
import selectors
import statistics
import time

from ..clients import libtorrent, patron
from ..clients.service import Attached, InProcess, Rpc, ServiceProcess, attach, seeding, told
from ..payloads import KIB, MIB
from ..processes import Failure
from . import base
from .leech import Leech
from .start import least

_CLIENTS = 100  # that hear of an event
_EVENTS = 200
_SETTLE = 3
_COLLECTED = 25  # seconds after which a service has given back what the start of many torrents has left behind


class _Many(base.Work):
    """A work with many torrents that are there: of 1 MiB or, where they are more than ten thousand, of 16 KiB."""

    rounds = 1

    def open(self):
        self.count = self.bench.torrents
        size = MIB if self.count <= 10_000 else 16 * KIB
        self._payloads = self.bench.payloads.many(self.count, size, min(size, 256 * KIB))

    def _job(self):
        return self.bench.job(None, self._payloads[0].folder)

    def _serve(self, job, suspended=False):
        """A service that seeds all of them, or has them suspended."""
        service = ServiceProcess(job)
        try:
            service.listens()
            fill(service, self._payloads, self.bench.time_out, suspended)
            return service
        except BaseException:
            service.stop(5)
            raise


def fill(service, payloads, seconds, suspended=False):
    """Starts torrents by one connection, 32 at a time in flight."""
    rpc = Rpc(service.socket)
    window, begun = 32, 0
    until = time.monotonic() + seconds
    open_requests = 0
    while begun < len(payloads) or open_requests:
        while begun < len(payloads) and open_requests < window:
            payload = payloads[begun]
            begun += 1
            open_requests += 1
            rpc.socket.sendall(json.dumps({"jsonrpc": "2.0", "id": 1000 + begun, "method": "start", "params": {
                "metainfo": base64.b64encode(payload.torrent.read_bytes()).decode(), "destination": str(payload.folder),
                "suspended": suspended}}).encode() + b"\n")
        for message in rpc.receive(1):
            if "method" in message or message.get("id", 0) <= 1000:
                continue
            open_requests -= 1
            if "error" in message or message["result"].get("kind") not in ("NewTorrentCreated", "TorrentAlreadyDownloading"):
                raise Failure(f"a torrent was not started: {message}")
        if time.monotonic() > until:
            raise Failure(f"{begun} of {len(payloads)} torrents were started within {seconds:.0f} s")
    rpc.close()
    if suspended:
        return
    watcher = Rpc(service.socket)
    seeding(watcher, len(payloads), max(until - time.monotonic(), 1))
    watcher.close()


class ServiceAttach(_Many):
    """From the start of a pwsh until it has the status of all torrents of a service; and that beyond pwsh itself."""

    name = "service-attach"
    operation = "host"
    columns = [base.Column("wall", "pwsh start to all statuses, s", False), base.Column("nothing", "pwsh doing nothing, s", False),
               base.Column("beyond", "beyond that, s", False), base.Column("taken", "of it connecting and taking, s", False)]

    @property
    def title(self):
        return f"Service: a session attaches and sees {self.bench.torrents:,} torrents"

    def contenders(self, clients):
        return [Attached()]

    def run(self, client):
        service = self._serve(self._job())
        try:
            runs = [attach(service) for _ in range(5)]
            if any(count != self.count for *_, count in runs):
                raise Failure(f"it told of {runs[-1][2]} torrents in place of {self.count}")
            nothing, wall = least(client.nothing), statistics.median(run[0] for run in runs)
            return {"wall": wall, "nothing": nothing, "beyond": wall - nothing, "taken": statistics.median(run[1] for run in runs)}
        finally:
            service.stop()


class ServiceStatus(_Many):
    """Get-TorrentStatus of all torrents, in a session that is attached, and in the process that runs them; the median of 15."""

    name = "service-status"
    operation = "host"
    columns = [base.Column("status", "status of all, ms")]

    @property
    def title(self):
        return f"Service: Get-TorrentStatus of {self.bench.torrents:,} torrents"

    def contenders(self, clients):
        return [Attached(), InProcess()]

    def run(self, client):
        host = client.host(self._job())
        try:
            host.add(self._payloads, self.bench.time_out)
            host.ready(self.count, self.bench.time_out)
            time.sleep(_SETTLE)
            answers = [host.status() for _ in range(15)]
            if answers[-1][1] != self.count:
                raise Failure(f"it told of {answers[-1][1]} torrents in place of {self.count}")
            return {"status": 1000 * statistics.median(seconds for seconds, _ in answers)}
        finally:
            host.abort()


class ServiceDownload(Leech):
    """Start-Torrent -Wait in a new pwsh, by a service that runs already and by the session's own engine."""

    name = "service-download"
    columns = [base.WALL, base.TRANSFER]

    @property
    def title(self):
        return f"Service: download of {base.mib(self.bench.size)}"

    def contenders(self, clients):
        return [Attached(), InProcess()]

    def run(self, client):
        figures = super().run(client)
        return {key: figures[key] for key in ("wall", "transfer")}


class ServiceEvents(base.Work):
    """A torrent is suspended and resumed; how long after the status was taken in the service each of many subscribers has it."""

    name = "service-events"
    operation = "host"
    rounds = 1
    columns = [base.Column("median", "median, ms", False), base.Column("p99", "99 %, ms", False), base.Column("worst", "worst, ms", False)]

    @property
    def title(self):
        return f"Service: an event at each of {_CLIENTS} clients"

    def contenders(self, clients):
        return [Attached()]

    def run(self, client):
        payloads = self.bench.payloads.many(1, MIB, 256 * KIB)
        service = ServiceProcess(self.bench.job(None, payloads[0].folder))
        try:
            service.listens()
            fill(service, payloads, self.bench.time_out)
            steering, clients = Rpc(service.socket), [Rpc(service.socket) for _ in range(_CLIENTS)]
            for one in clients:
                one.call("subscribe")
            delays = self._delays(steering, clients, payloads[0].info_hash)
        finally:
            service.stop()
        delays.sort()
        return {"median": statistics.median(delays), "p99": delays[int(0.99 * len(delays))], "worst": delays[-1]}

    def _delays(self, steering, clients, info_hash):
        delays, selector = [], selectors.DefaultSelector()
        for at, one in enumerate(clients):
            one.socket.setblocking(False)
            selector.register(one.socket, selectors.EVENT_READ, at)
        rest = [b""] * len(clients)
        for event in range(_EVENTS):
            method, state = (("suspend", "Suspended"), ("resume", "Seeding"))[event % 2]
            arrived, told_at = {}, {}
            steering.call(method, infoHash=info_hash)
            until = time.monotonic() + 30
            while len(told_at) < len(clients):
                for key, _ in selector.select(1):
                    data, moment = key.fileobj.recv(1 << 20), time.time()
                    *lines, rest[key.data] = (rest[key.data] + data).split(b"\n")
                    arrived.setdefault(key.data, []).extend((moment, line) for line in lines)
                # The reading is over before anything is parsed, which takes longer.
                for at, lines in arrived.items():
                    for moment, line in lines:
                        if at not in told_at and (taken := told(line, info_hash.encode(), state)) is not None:
                            told_at[at] = 1000 * (moment - taken)
                arrived.clear()
                if time.monotonic() > until:
                    raise Failure(f"{len(told_at)} of {len(clients)} clients heard of an event")
            delays.extend(told_at.values())
        return delays


class ServiceIdle(_Many):
    """CPU and memory of a service whose torrents are all at rest, and of one patron with the same torrents."""

    name = "service-idle"
    operation = "host"
    columns = [base.Column("idle", "CPU while idle, %"), base.Column("anonymous", "anonymous, MiB")]

    @property
    def title(self):
        return f"Service: {self.bench.torrents:,} torrents, idle for {self.bench.idle:.0f} s"

    def contenders(self, clients):
        return [Attached(), _PatronInProcess()]

    def run(self, client):
        job = self._job()
        if isinstance(client, Attached):
            service = self._serve(job)
            child, stop = service.child, service.stop
        else:
            host = client.host(job)
            host.add(self._payloads, self.bench.time_out)
            child, stop = host.child, host.abort
            host.ready(self.count, self.bench.time_out)
        try:
            time.sleep(_COLLECTED)
            rested = child.meter.now()
            time.sleep(self.bench.idle)
            idled = child.meter.now()
            return {"idle": 100 * (idled.cpu - rested.cpu) / (idled.time - rested.time), "anonymous": idled.anonymous}
        finally:
            stop()


class ServiceRestart(_Many):
    """The service is killed (SIGKILL) while all seed, and started again: from its start until all seed. libtorrent is given what it saved."""

    name = "service-restart"
    operation = "host"
    columns = [base.Column("restart", "restart, s"), base.Column("cpu", "CPU until then, s"), base.Column("anonymous", "anonymous, MiB", False)]

    @property
    def title(self):
        return f"Service: restart with {self.bench.torrents:,} torrents after a kill"

    def contenders(self, clients):
        return [Attached(), libtorrent.Libtorrent()]

    def run(self, client):
        job = self._job()
        if not isinstance(client, Attached):
            return self._rival(client, job)
        service = self._serve(job)
        try:
            time.sleep(_SETTLE)
            service.kill()
            service = ServiceProcess(job)
            service.listens(self.bench.time_out)
            watcher = Rpc(service.socket)
            return _restarted(service.child, seeding(watcher, self.count, self.bench.time_out))
        finally:
            service.stop()

    def _rival(self, client, job):
        host = client.host(job)
        try:
            host.add(self._payloads, self.bench.time_out)
            host.ready(self.count, self.bench.time_out)
            # It saves when it is asked to; ours does so all the time.
            host.save(self.bench.time_out)
            os.kill(host.child.pid, 9)
            host = client.host(job)
            host.resume(self._payloads, self.bench.time_out)
            return _restarted(host.child, host.ready(self.count, self.bench.time_out))
        finally:
            host.abort()


class ServiceSuspended(_Many):
    """A service whose torrents are all suspended: its memory and CPU at rest, and from its start after a kill until it has them all again."""

    name = "service-suspended"
    operation = "host"
    columns = [base.Column("idle", "CPU while idle, %", False), base.Column("anonymous", "anonymous, MiB", False), *ServiceRestart.columns[:2]]

    @property
    def title(self):
        return f"Service: {self.bench.torrents:,} suspended torrents, idle for {self.bench.idle:.0f} s"

    def contenders(self, clients):
        return [Attached()]

    def run(self, client):
        job = self._job()
        service = self._serve(job, suspended=True)
        try:
            time.sleep(_COLLECTED)
            rested = service.child.meter.now()
            time.sleep(self.bench.idle)
            idled = service.child.meter.now()
            service.kill()
            service = ServiceProcess(job)
            service.listens(self.bench.time_out)
            there = seeding(Rpc(service.socket), self.count, self.bench.time_out, state="Suspended")
            return {**_restarted(service.child, there), "anonymous": idled.anonymous,
                    "idle": 100 * (idled.cpu - rested.cpu) / (idled.time - rested.time)}
        finally:
            service.stop()


def _restarted(child, moment):
    used = child.meter.now()
    return {"restart": moment - child.began, "cpu": used.cpu, "anonymous": used.anonymous}


class _PatronInProcess(patron.Patron):
    name = "in process"
    is_ours = False
    is_rival = True


ALL = [ServiceAttach, ServiceStatus, ServiceDownload, ServiceEvents, ServiceIdle, ServiceSuspended, ServiceRestart]
