"""The programs: one class each, with the same few operations."""
from .aria2 import Aria2
from .libtorrent import Libtorrent
from .limit import Limit
from .patron import MonoTorrent, Patron
from .powershell import PowerShell
from .rtorrent import Rtorrent
from .transmission import Transmission

ALL = [Patron, PowerShell, MonoTorrent, Libtorrent, Transmission, Aria2, Rtorrent]
__all__ = ["ALL", "Limit"]
