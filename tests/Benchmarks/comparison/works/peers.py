"""A torrent with many connected peers."""
import pathlib
import time

from ..machine import PYTHON
from ..payloads import KIB, MIB
from ..processes import Child, Failure
from . import base

_CROWD = pathlib.Path(__file__).parents[1] / "crowd.py"
_COUNT = 500
_SETTLE = 3  # seconds
_LONGEST = 20


class Peers(base.Work):
    """
    The client seeds; each peer has nothing, is interested, tells of a new piece every second and asks for nothing. CPU: of the
    client while all are connected. Memory for a peer: anonymous memory at the end of that, beyond what it was before they came.
    """

    name = "peers"
    operation = "seed"
    columns = [base.Column("connected", "connected", False), base.Column("joining", "all connected after, s"),
               base.Column("busy", "CPU, %"), base.Column("anonymous", "anonymous, MiB"), base.Column("each", "KiB a peer")]

    @property
    def title(self):
        return f"Peers: a torrent with {_COUNT} connected peers"

    def open(self):
        self._payload = self.bench.payloads.single(self.bench.size, MIB)

    def run(self, client):
        bench, payload = self.bench, self._payload
        job = bench.job(payload, payload.folder, max_peers=2 * _COUNT)
        run, crowd = client.seed(job), None
        try:
            run.done(bench.time_out)
            time.sleep(_SETTLE)
            alone = run.child.meter.now()
            began = time.monotonic()
            crowd = Child([PYTHON, _CROWD, payload.info_hash, payload.size // MIB, job.port, _COUNT])
            joined, match = crowd.expect(r"^connected (\d+)$", 60)
            if int(match[1]) < _COUNT:
                raise Failure(f"it let {match[1]} of {_COUNT} peers in")
            time.sleep(_SETTLE)
            before = run.child.meter.now()
            time.sleep(min(bench.idle, _LONGEST))
            after = run.child.meter.now()
            crowd.say("")
            left = int(crowd.expect(r"^left (\d+)$", 10)[1][1])
        finally:
            run.abort()
            if crowd:
                crowd.stop(None, 10)
        return {
            "connected": left,
            "joining": joined - began,
            "busy": 100 * (after.cpu - before.cpu) / (after.time - before.time),
            "anonymous": after.anonymous,
            "each": (after.anonymous - alone.anonymous) * KIB / _COUNT,
        }


ALL = [Peers]
