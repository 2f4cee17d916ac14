"""Downloading from a web server alone."""
import pathlib
import shutil

from ..machine import LOOPBACK, empty
from ..payloads import MIB
from ..processes import Child, until
from . import base

_CONFIGURATION = """
daemon off;
worker_processes 2;
user root;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen {host}:{port}; root {root}; }}
}}
"""


class WebSeed(base.Work):
    """
    Wall: from the process's start until the client says that it is complete. aria2c gets the file's address alone, and verifies nothing:
    it has no quicker way.
    """

    name = "web-seed"
    operation = "web_seed"
    columns = [base.WALL, *base.CPU, *base.MEMORY, base.Column("other_cpu", "nginx: CPU, s", False)]

    @property
    def title(self):
        return f"Download from nginx alone: {base.mib(self.bench.size)}, pieces of 1 MiB"

    def missing(self):
        return None if _nginx() else "no nginx"

    def open(self):
        bench = self.bench
        self._payload = bench.payloads.single(bench.size, MIB)
        port, folder = bench.ports.free(), empty(bench.folder / "nginx")
        configuration = folder / "conf"
        configuration.write_text(_CONFIGURATION.format(folder=folder, host=LOOPBACK, port=port, root=self._payload.folder))
        self._address = f"http://{LOOPBACK}:{port}/"
        self._server = Child([_nginx(), "-p", folder, "-c", configuration])
        until(lambda: (folder / "pid").exists(), 10, "nginx runs")

    def close(self):
        self._server.stop()

    def run(self, client):
        bench, payload = self.bench, self._payload
        job = bench.job(payload, bench.target())
        before = self._server.meter.now()
        run = client.web_seed(job, self._address)
        try:
            done = run.done(bench.time_out)
            after = self._server.meter.now()
            run.end()
        finally:
            run.abort()
        payload.compare(job.folder)
        child = run.child
        return {
            "wall": done - child.began,
            **base.used((0, 0), child.cpu),
            **base.kept(child.meter, child.began, child.ended),
            **base.used(before[1:3], after[1:3], "other_"),
        }


def _nginx():
    return shutil.which("nginx") or (path if pathlib.Path(path := "/usr/sbin/nginx").exists() else None)


ALL = [WebSeed]
