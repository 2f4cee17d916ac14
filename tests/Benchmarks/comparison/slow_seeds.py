"""
Many slow seeds in one process: each connects to a client and sends it a block at a time, at most two a second.

Arguments: info hash, pieces of the torrent, bytes of a piece, the payload's file, port, number of peers. Prints 'connected N' when all
have shaken hands or time is up, chokes until it reads a line, and prints 'given N', the bytes sent, for each line after that.
"""
import asyncio
import mmap
import os
import pathlib
import resource
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

from comparison.machine import LOOPBACK, crowd_address  # noqa: E402
from comparison.scripted_peer import HANDSHAKE, bitfield, message  # noqa: E402

_UNCHOKE, _BITFIELD, _REQUEST, _PIECE, _CANCEL = 1, 5, 6, 7, 8
_PAUSE = 0.5  # seconds between two blocks of a peer
_PATIENCE = 90  # seconds
_MOST_ASKED = 500  # requests of a client that one peer keeps


class SlowSeed:
    """One seed, from its connection to the end of it."""

    def __init__(self, crowd, number):
        self._crowd, self._number = crowd, number
        self._asked = {}  # in the order of their coming
        self._news = asyncio.Event()

    async def join(self):
        crowd = self._crowd
        reader, writer = await asyncio.open_connection(LOOPBACK, crowd.port, local_addr=(crowd_address(self._number), 0))
        giving = None
        try:
            writer.write(HANDSHAKE + crowd.info_hash + b"-XX0000-" + os.urandom(12) + message(_BITFIELD, bitfield(crowd.pieces)))
            await reader.readexactly(len(HANDSHAKE) + 40)
            crowd.connected += 1
            giving = asyncio.create_task(self._give(writer))
            while True:
                body = await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
                if body[:1] == bytes([_REQUEST]) and len(self._asked) < _MOST_ASKED:
                    self._asked[body[1:]] = True
                    self._news.set()
                elif body[:1] == bytes([_CANCEL]):
                    self._asked.pop(body[1:], None)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            if giving:
                crowd.connected -= 1
                giving.cancel()
            writer.close()

    async def _give(self, writer):
        crowd = self._crowd
        await crowd.begun.wait()
        # Not all in the same instant.
        await asyncio.sleep(_PAUSE * self._number / crowd.count)
        writer.write(message(_UNCHOKE))
        while True:
            while not self._asked:
                self._news.clear()
                await self._news.wait()
            asked = next(iter(self._asked))
            del self._asked[asked]
            piece, start, length = (int.from_bytes(asked[i:i + 4], "big") for i in (0, 4, 8))
            at = piece * crowd.piece_length + start
            writer.write(message(_PIECE, asked[:8] + crowd.payload[at:at + length]))
            crowd.given += length
            await asyncio.sleep(_PAUSE)


class Crowd:
    def __init__(self, info_hash, pieces, piece_length, path, port, count):
        self.info_hash, self.pieces, self.piece_length, self.port, self.count = bytes.fromhex(info_hash), pieces, piece_length, port, count
        with open(path, "rb") as file:
            self.payload = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.begun = asyncio.Event()
        self.connected = self.given = 0

    async def run(self):
        peers = []
        for number in range(self.count):
            peers.append(asyncio.create_task(SlowSeed(self, number).join()))
            await asyncio.sleep(0.005)
        for _ in range(10 * _PATIENCE):
            if self.connected >= self.count:
                break
            await asyncio.sleep(0.1)
        print(f"connected {self.connected}", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            self.begun.set()
            print(f"given {self.given}", flush=True)
        for peer in peers:
            peer.cancel()


async def main(info_hash, pieces, piece_length, path, port, count):
    await Crowd(info_hash, int(pieces), int(piece_length), path, int(port), int(count)).run()


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main(*sys.argv[1:]))
