"""Makes a torrent of a file or folder.

usage: libtorrent_make.py [--v2 | --hybrid] [--links] [--times] CONTENT TORRENT PIECE_LENGTH [ANNOUNCE]

Of version 1, unless it is told otherwise. With --links symbolic links are kept, else they are followed; with --times it says when files were written.
"""
import os
import sys

import libtorrent as lt

arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
content, torrent, piece_length, *trackers = arguments
flags = lt.create_torrent.v2_only if "--v2" in sys.argv else 0 if "--hybrid" in sys.argv else lt.create_torrent.v1_only
flags |= lt.create_torrent.symlinks if "--links" in sys.argv else 0
flags |= lt.create_torrent.modification_time if "--times" in sys.argv else 0
files = lt.file_storage()
lt.add_files(files, content, flags=flags)
creator = lt.create_torrent(files, int(piece_length), flags)
for tracker in trackers:
    creator.add_tracker(tracker)
lt.set_piece_hashes(creator, os.path.dirname(os.path.abspath(content)))
with open(torrent, "wb") as output:
    output.write(lt.bencode(creator.generate()))
