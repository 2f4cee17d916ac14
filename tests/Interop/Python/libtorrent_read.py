"""Reads each .torrent file of a folder: prints its name and its info hash, or why it is refused."""
import os
import sys

import libtorrent

for name in sorted(os.listdir(sys.argv[1])):
    try:
        info = libtorrent.torrent_info(os.path.join(sys.argv[1], name))
        print(name, info.info_hash())
    except Exception as refusal:  # whatever it is, it is refused
        print(name, "refused:", refusal)
