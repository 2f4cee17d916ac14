"""aria2c."""
import http.client
import json
import shutil

from ..machine import LOOPBACK
from ..processes import Child, until
from .base import Client, Run, watched


class Aria2(Client):
    name = "aria2c"
    nothing = ["aria2c", "--version"]

    def missing(self):
        return None if shutil.which("aria2c") else "no aria2c"

    def leech(self, job):
        # It cannot be told of a peer but by a tracker.
        child = _leech(job)
        return Run(child, lambda seconds: child.expect("Download complete", seconds)[0], ends_itself=True)

    def watch(self, job):
        # Once it is complete, it is to be asked a last time.
        child = _leech(job, "--seed-time=1", "--enable-rpc=true", f"--rpc-listen-port={job.control}")
        return watched(Run(child, None), lambda: _is_seeding(job.control))

    def check(self, job):
        child = _run(job, "--check-integrity=true", "--hash-check-only=true")
        return Run(child, lambda seconds: child.expect("Verification finished successfully", seconds)[0], ends_itself=True)

    def seed(self, job):
        child = _run(
            job, "--bt-seed-unverified=true", "--check-integrity=true", "--seed-ratio=0", "--enable-rpc=true",
            f"--rpc-listen-port={job.control}")
        return Run(child, lambda seconds: until(lambda: _is_seeding(job.control), seconds, "aria2c seeds"))


def _leech(job, *more):
    return _run(job, "--seed-time=0", f"--bt-tracker={job.tracker}", "--bt-tracker-interval=1", *more)


def _run(job, *more):
    return Child([
        "aria2c", "--no-conf", "--show-console-readout=false", "--summary-interval=0", "--enable-color=false",
        "--console-log-level=notice", f"--interface={LOOPBACK}", f"--listen-port={job.port}", "--enable-dht=false",
        "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--file-allocation=none",
        f"--dir={job.folder}", *more, job.payload.torrent])


def _is_seeding(rpc_port):
    request = {"jsonrpc": "2.0", "id": "1", "method": "aria2.tellActive", "params": [["seeder"]]}
    connection = http.client.HTTPConnection(LOOPBACK, rpc_port, timeout=10)
    try:
        connection.request("POST", "/jsonrpc", json.dumps(request))
        active = json.loads(connection.getresponse().read())["result"]
    except OSError:
        return False
    finally:
        connection.close()
    return bool(active) and all(download.get("seeder") == "true" for download in active)
