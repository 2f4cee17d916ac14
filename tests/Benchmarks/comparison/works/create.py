"""Making torrents."""
from ..machine import empty
from ..payloads import MIB
from . import base


class Create(base.Work):
    """Wall: from the process's start to its end. CPU and memory: of the whole process. The file is in the page cache."""

    operation = "create"
    columns = [base.WALL, *base.CPU, *base.MEMORY]
    version = "1"

    @property
    def title(self):
        return f"Creation of a torrent of {base.mib(self.size)}, format {self.version}, pieces of 1 MiB"

    @property
    def size(self):
        return 4 * self.bench.size

    def open(self):
        self._data = self.bench.payloads.file(self.size)

    def close(self):
        empty(self._data.parent)

    def run(self, client):
        torrent = empty(self.bench.folder / "created") / "made.torrent"
        child = client.create(self._data, torrent, MIB, self.version)
        try:
            ended = child.wait(self.bench.time_out)
        finally:
            child.stop()
        return {
            "wall": ended - child.began,
            **base.used((0, 0), child.cpu),
            **base.kept(child.meter, child.began, child.ended),
        }

    def lacks(self, client):
        return super().lacks(client) or (None if self.version in client.creates else "it makes version 1 only")


class CreateV1(Create):
    name = "create-1"


class CreateV2(Create):
    name = "create-2"
    version = "2"


class CreateHybrid(Create):
    name = "create-hybrid"
    version = "hybrid"


ALL = [CreateV1, CreateV2, CreateHybrid]
