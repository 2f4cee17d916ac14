"""mktorrent, which makes torrents and does nothing else."""
import shutil

from ..processes import Child
from .base import Client


class Mktorrent(Client):
    name = "mktorrent"
    nothing = ["mktorrent", "-v"]
    lacks = {"start": "it only makes torrents"}

    def missing(self):
        return None if shutil.which("mktorrent") else "no mktorrent"

    def create(self, data, torrent, piece_length, version):
        return Child(["mktorrent", "-l", piece_length.bit_length() - 1, "-o", torrent, data])
