"""A peer that says that it has everything, gives nothing, and notes when it is asked for the first block."""
import socket
import threading
import time

from .machine import LOOPBACK

_UNCHOKE, _BITFIELD, _REQUEST = 1, 5, 6
HANDSHAKE = b"\x13BitTorrent protocol" + bytes(8)


class ScriptedPeer:
    """Listens, or calls a client, until it is closed."""

    def __init__(self, info_hash, pieces, port):
        self._info_hash = bytes.fromhex(info_hash)
        self._pieces = pieces
        self._asked = threading.Event()
        self._server = socket.create_server((LOOPBACK, port))
        self._open = [self._server]
        self.asked_at = None
        threading.Thread(target=self._listen, daemon=True).start()

    def call(self, port, seconds=10):
        """Connects to a client, which may begin to listen a little later."""
        until = time.monotonic() + seconds
        while True:
            try:
                connection = socket.create_connection((LOOPBACK, port), timeout=10)
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.005)
        self._take(connection, calls=True)

    def wait(self, seconds):
        """When the first request came, or None."""
        self._asked.wait(seconds)
        return self.asked_at

    def close(self):
        for opened in list(self._open):
            opened.close()

    def _listen(self):
        while True:
            try:
                self._take(self._server.accept()[0], calls=False)
            except OSError:
                return

    def _take(self, connection, calls):
        connection.settimeout(60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.append(connection)
        threading.Thread(target=self._talk, args=(connection, calls), daemon=True).start()

    def _talk(self, connection, calls):
        shake = HANDSHAKE + self._info_hash + b"-XX0000-" + time.monotonic_ns().to_bytes(12, "big")
        try:
            with connection, connection.makefile("rb") as stream:
                if calls:
                    connection.sendall(shake)
                # Who would rather encrypt is turned down, and tries again.
                if stream.read(len(shake))[:20] != HANDSHAKE[:20]:
                    return
                connection.sendall((b"" if calls else shake) + message(_BITFIELD, bitfield(self._pieces)) + message(_UNCHOKE))
                while head := stream.read(4):
                    body = stream.read(int.from_bytes(head, "big"))
                    if body[:1] == bytes([_REQUEST]) and not self._asked.is_set():
                        self.asked_at = time.monotonic()
                        self._asked.set()
        except OSError:
            pass


def message(kind, body=b""):
    return (len(body) + 1).to_bytes(4, "big") + bytes([kind]) + body


def bitfield(pieces):
    """All of them."""
    spare = -pieces % 8
    return bytes([0xFF] * ((pieces + 7) // 8 - 1)) + bytes([0xFF << spare & 0xFF])
