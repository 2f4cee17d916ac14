"""What is shared: random bytes and the torrents of them."""
import dataclasses
import filecmp
import hashlib
import os
import pathlib
import shutil

from .processes import Failure

KIB, MIB = 1 << 10, 1 << 20
_RUN = 8 * MIB
_LINKS = 50_000  # names that one file may have: ext4 allows 65,000


@dataclasses.dataclass(frozen=True)
class Payload:
    torrent: pathlib.Path
    folder: pathlib.Path  # in which the torrent's file or folder lies
    name: str
    size: int  # bytes
    info_hash: str

    def announced(self, tracker, path):
        """Writes the torrent with a tracker, and returns where."""
        path.write_bytes(b"d8:announce" + _bencode(tracker) + self.torrent.read_bytes()[1:])
        return path

    def compare(self, folder):
        """Fails where another folder has other bytes."""
        here, there = self.folder / self.name, pathlib.Path(folder) / self.name
        files = [here] if here.is_file() else sorted(path for path in here.rglob("*") if path.is_file())
        for file in files:
            other = there / file.relative_to(here) if file != here else there
            if not other.is_file() or not filecmp.cmp(file, other, shallow=False):
                raise Failure(f"the bytes of {other.name} are not those of the seed")


class Payloads:
    """Makes payloads when they are asked for, below a folder, each once."""

    def __init__(self, folder):
        self._folder = folder

    def file(self, size):
        """A file."""
        folder = self._folder / f"single-{size}"
        data = folder / "payload.bin"
        if not data.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _fill(data, size)
        return data

    def single(self, size, piece_length):
        """A torrent of one file."""
        data = self.file(size)
        return self._torrent(data.parent, data.name, [data], piece_length)

    def versioned(self, size, piece_length, version):
        """A torrent of one file in another format, made by libtorrent: "2" or "hybrid" (BEP 52)."""
        data = self.file(size)
        torrent = data.parent / f"{data.name}-{piece_length // KIB}k-{version}.torrent"
        info = libtorrent_torrent(data, torrent, piece_length, version)
        digest = hashlib.sha256(info).digest()[:20] if version == "2" else hashlib.sha1(info).digest()
        return Payload(torrent, data.parent, data.name, size, digest.hex())

    def files(self, size, count, piece_length):
        """A torrent of that many files of equal length, a hundred to a folder."""
        folder = self._folder / f"files-{size}-{count}"
        paths = [folder / f"payload/{i // 100:03}/{i:06}.bin" for i in range(count)]
        if not folder.exists():
            for path in paths:
                path.parent.mkdir(parents=True, exist_ok=True)
                _fill(path, size // count)
        return self._torrent(folder, "payload", paths, piece_length)

    def many(self, count, size, piece_length):
        """That many torrents of one file each. The files are hard links of a few, so that making them is no great work."""
        folder = self._folder / f"many-{count}-{size}"
        data, torrents = folder / "data", folder / "torrents"
        made = data.exists()
        if not made:
            data.mkdir(parents=True)
            torrents.mkdir()
            _fill(folder / "original.bin", size)
        hashes = _hashes([folder / "original.bin"], piece_length)
        found = []
        for i in range(count):
            name, torrent = f"item{i:06}.bin", torrents / f"item{i:06}.torrent"
            info = _info(name, hashes, piece_length, {"length": size})
            if not made:
                if i and i % _LINKS == 0:
                    # Its old names keep what they have.
                    shutil.copyfile(folder / "original.bin", folder / "next.bin")
                    os.replace(folder / "next.bin", folder / "original.bin")
                os.link(folder / "original.bin", data / name)
                torrent.write_bytes(_bencode({"info": info}))
            found.append(Payload(torrent, data, name, size, hashlib.sha1(_bencode(info)).hexdigest()))
        return found

    def _torrent(self, folder, name, paths, piece_length):
        torrent = folder / f"{name}-{piece_length // KIB}k.torrent"
        if torrent.exists():
            info = _bencode_info(torrent)
        else:
            length = {"length": paths[0].stat().st_size} if len(paths) == 1 else {
                "files": [{"length": path.stat().st_size, "path": list(path.relative_to(folder / name).parts)} for path in paths]}
            info = _bencode(_info(name, _hashes(paths, piece_length), piece_length, length))
            torrent.write_bytes(b"d4:info" + info + b"e")
        size = sum(path.stat().st_size for path in paths)
        return Payload(torrent, folder, name, size, hashlib.sha1(info).hexdigest())


def libtorrent_torrent(data, torrent, piece_length, version):
    """Has libtorrent write the torrent of a file. Returns its info dictionary."""
    import libtorrent as lt  # pylint: disable=import-outside-toplevel

    files = lt.file_storage()
    lt.add_files(files, str(data))
    made = lt.create_torrent(files, piece_length, {"1": lt.create_torrent.v1_only, "2": lt.create_torrent.v2_only, "hybrid": 0}[version])
    lt.set_piece_hashes(made, str(data.parent))
    content = made.generate()
    torrent.write_bytes(lt.bencode(content))
    return lt.bencode(content[b"info"])


def _fill(path, size):
    with open(path, "wb") as output:
        for start in range(0, size, _RUN):
            output.write(os.urandom(min(_RUN, size - start)))


def _hashes(paths, piece_length):
    """The SHA-1 of each piece of files that lie one after the other."""
    hashes, digest, left = [], hashlib.sha1(), piece_length
    for path in paths:
        with open(path, "rb") as content:
            while block := content.read(min(left, _RUN)):
                digest.update(block)
                left -= len(block)
                if left == 0:
                    hashes.append(digest.digest())
                    digest, left = hashlib.sha1(), piece_length
    if left < piece_length:
        hashes.append(digest.digest())
    return b"".join(hashes)


def _info(name, hashes, piece_length, length):
    return {**length, "name": name, "piece length": piece_length, "pieces": hashes}


def _bencode_info(torrent):
    content = torrent.read_bytes()
    return content[len(b"d4:info"):-1]


def _bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, (str, bytes)):
        text = value.encode() if isinstance(value, str) else value
        return b"%d:%b" % (len(text), text)
    if isinstance(value, list):
        return b"l" + b"".join(map(_bencode, value)) + b"e"
    return b"d" + b"".join(_bencode(key) + _bencode(value[key]) for key in sorted(value)) + b"e"
