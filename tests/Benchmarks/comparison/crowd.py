"""
Many peers in one process: each calls a client, has nothing, says every second that it has one piece more, and asks for nothing.

Arguments: info hash, pieces of the torrent, port, number of peers. Prints 'connected N' when all have shaken hands or time is up,
and 'left N' for each line that it reads.
"""
import asyncio
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

from comparison.machine import LOOPBACK, crowd_address  # noqa: E402
from comparison.scripted_peer import HANDSHAKE, message  # noqa: E402

_INTERESTED, _HAVE = 2, 4
_PATIENCE = 20  # seconds


class Crowd:
    def __init__(self, info_hash, pieces, port):
        self._info_hash, self._pieces, self._port = bytes.fromhex(info_hash), pieces, port
        self.connected = 0

    async def join(self, number):
        """One peer, from its call to the end of the connection."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self._port, local_addr=(crowd_address(number), 0))
        try:
            writer.write(HANDSHAKE + self._info_hash + b"-XX0000-" + os.urandom(12) + message(_INTERESTED))
            await reader.readexactly(len(HANDSHAKE) + 40)
            self.connected += 1
            try:
                telling = asyncio.create_task(self._tell(writer))
                while await reader.read(1 << 16):
                    pass
                telling.cancel()
            finally:
                self.connected -= 1
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _tell(self, writer):
        for piece in range(self._pieces - 1):
            await asyncio.sleep(1)
            writer.write(message(_HAVE, piece.to_bytes(4, "big")))


async def main(info_hash, pieces, port, count):
    crowd = Crowd(info_hash, int(pieces), int(port))
    peers = []
    for number in range(int(count)):
        peers.append(asyncio.create_task(crowd.join(number)))
        await asyncio.sleep(0.005)
    for _ in range(10 * _PATIENCE):
        if crowd.connected >= int(count):
            break
        await asyncio.sleep(0.1)
    print(f"connected {crowd.connected}", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(f"left {crowd.connected}", flush=True)
    for peer in peers:
        peer.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
