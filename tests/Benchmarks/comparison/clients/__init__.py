"""The programs: one class each, with the same few operations."""
from .aria2 import Aria2
from .libtorrent import Libtorrent, LibtorrentProcess, TunedLibtorrent
from .limit import Limit
from .mktorrent import Mktorrent
from .patron import AheadOfTimePatron, MonoTorrent, Patron
from .powershell import PowerShell
from .rtorrent import Rtorrent
from .transmission import Transmission

ALL = [Patron, AheadOfTimePatron, PowerShell, MonoTorrent, Libtorrent, TunedLibtorrent, Transmission, Aria2, Rtorrent, Mktorrent]
__all__ = ["ALL", "LibtorrentProcess", "Limit"]
