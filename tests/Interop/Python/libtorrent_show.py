"""Prints the version 1 info hash of a torrent.

usage: libtorrent_show.py TORRENT
"""
import sys

import libtorrent as lt

print(lt.torrent_info(sys.argv[1]).info_hashes().v1)
