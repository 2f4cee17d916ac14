"""Makes a version 1 torrent of a file or folder.

usage: libtorrent_make.py CONTENT TORRENT PIECE_LENGTH [ANNOUNCE]
"""
import os
import sys

import libtorrent as lt

content, torrent, piece_length, *trackers = sys.argv[1:]
files = lt.file_storage()
lt.add_files(files, content)
creator = lt.create_torrent(files, int(piece_length), lt.create_torrent.v1_only)
for tracker in trackers:
    creator.add_tracker(tracker)
lt.set_piece_hashes(creator, os.path.dirname(os.path.abspath(content)))
with open(torrent, "wb") as output:
    output.write(lt.bencode(creator.generate()))
