"""Makes a torrent by libtorrent. Arguments: a file, the .torrent, the length of a piece, and the format: 1, 2 or hybrid."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

from comparison.payloads import libtorrent_torrent  # noqa: E402

if __name__ == "__main__":
    libtorrent_torrent(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
