"""Torrents of random bytes, of many shapes."""
import hashlib
import pathlib
import random

import libtorrent as lt

KIB, MIB = 1 << 10, 1 << 20


class Content:
    """One torrent: its files below a folder, its .torrent, and the hash of each file."""

    def __init__(self, index, folder, tracker, seed, scale):
        rng = random.Random(f"{seed}/{index}")
        self.name = f"soak {index} [{rng.randrange(1000)}]"  # brackets: names are not patterns
        self.folder = pathlib.Path(folder)
        self.is_single = index % 3 == 0
        self.piece = rng.choice([16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB])
        size = int(rng.uniform(4, 24) * MIB * scale)
        count = 1 if self.is_single else rng.randint(2, 12)
        cuts = sorted(rng.randrange(size) for _ in range(count - 1))
        lengths = [b - a for a, b in zip([0, *cuts], [*cuts, size])]
        self.files = [self.name] if self.is_single else [f"{self.name}/part {i}.bin" for i in range(count)]
        self.hashes = {}
        for path, length in zip(self.files, lengths):
            data = rng.randbytes(length)
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            self.hashes[path] = hashlib.sha256(data).hexdigest()
        self.size = size
        self.torrent = self.folder / f"{index}.torrent"
        storage = lt.file_storage()
        lt.add_files(storage, str(self.folder / self.name))
        made = lt.create_torrent(storage, piece_size=self.piece, flags=lt.create_torrent.v1_only)
        made.add_tracker(tracker)
        lt.set_piece_hashes(made, str(self.folder))
        self.torrent.write_bytes(lt.bencode(made.generate()))
        self.info_hash = str(lt.torrent_info(str(self.torrent)).info_hash())

    def differing(self, destination, wanted=None):
        """The wanted files that are not, byte for byte, what was shared."""
        return [path for path in (self.files if wanted is None else wanted) if not self._is_same(pathlib.Path(destination, path), path)]

    def _is_same(self, file, path):
        return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == self.hashes[path]
