"""
Many peers in one process: each calls a client, has nothing, says every second that it has one piece more, and asks for nothing.

Arguments: info hash, pieces of the torrent, port, number of peers, and how they speak: tcp, rc4 (encrypted) or utp. Prints 'connected N' when all
have shaken hands or time is up, and 'left N' for each line that it reads.
"""
import asyncio
import hashlib
import os
import pathlib
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

from comparison.machine import LOOPBACK, crowd_address  # noqa: E402
from comparison.scripted_peer import HANDSHAKE, message  # noqa: E402

_INTERESTED, _HAVE = 2, 4
_PATIENCE = 40  # seconds

_PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563", 16)


class Rc4:
    """The key stream of message stream encryption, of which the first 1,024 bytes are dropped."""

    def __init__(self, key):
        self._state, self._i, self._j = list(range(256)), 0, 0
        state, j = self._state, 0
        for i in range(256):
            j = (j + state[i] + key[i % len(key)]) & 255
            state[i], state[j] = state[j], state[i]
        self.apply(bytes(1024))

    def apply(self, data):
        state, i, j, out = self._state, self._i, self._j, bytearray(data)
        for at, byte in enumerate(out):
            i = (i + 1) & 255
            j = (j + state[i]) & 255
            state[i], state[j] = state[j], state[i]
            out[at] = byte ^ state[(state[i] + state[j]) & 255]
        self._i, self._j = i, j
        return bytes(out)


class Tcp:
    """A connection."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port, address):
        return cls(*await asyncio.open_connection(LOOPBACK, port, local_addr=(address, 0)))

    async def read(self, count):
        """What has come, at most so much; nothing at the end."""
        return await self._reader.read(count)

    def write(self, data):
        self._writer.write(data)

    def close(self):
        self._writer.close()

    async def exactly(self, count):
        data = b""
        while len(data) < count:
            more = await self.read(count - len(data))
            if not more:
                raise asyncio.IncompleteReadError(data, count)
            data += more
        return data


class Encrypted(Tcp):
    """A connection that is encrypted by RC4, dialled so."""

    _cipher_in = _cipher_out = None

    async def encrypt(self, info_hash):
        def sha1(*parts):
            return hashlib.sha1(b"".join(parts)).digest()

        private = int.from_bytes(os.urandom(20), "big")
        self.write(pow(2, private, _PRIME).to_bytes(96, "big"))
        secret = pow(int.from_bytes(await self.exactly(96), "big"), private, _PRIME).to_bytes(96, "big")
        outgoing, incoming = (Rc4(sha1(name, secret, info_hash)) for name in (b"keyA", b"keyB"))
        name = bytes(a ^ b for a, b in zip(sha1(b"req2", info_hash), sha1(b"req3", secret)))
        self.write(sha1(b"req1", secret) + name + outgoing.apply(bytes(8) + struct.pack(">IHH", 2, 0, 0)))
        # Behind the other side's padding come its zeros, as it encrypts them.
        mark, seen = incoming.apply(bytes(8)), b""
        while not seen.endswith(mark):
            seen += await self.exactly(1)
        method, padding = struct.unpack(">IH", incoming.apply(await self.exactly(6)))
        if method != 2:
            raise OSError("it does not take RC4")
        incoming.apply(await self.exactly(padding))
        self._cipher_in, self._cipher_out = incoming, outgoing

    async def read(self, count):
        data = await super().read(count)
        return self._cipher_in.apply(data) if self._cipher_in else data

    def write(self, data):
        super().write(self._cipher_out.apply(data) if self._cipher_out else data)


class Utp(Tcp, asyncio.DatagramProtocol):
    """A connection by uTP, as far as loopback needs it: nothing is lost there, and little is sent."""

    _DATA, _FIN, _STATE, _RESET, _SYN = range(5)

    def __init__(self):
        self._id = int.from_bytes(os.urandom(2), "big") & 0xFFFE
        self._sequence, self._last, self._delay = 1, 0, 0
        self._received, self._is_over = bytearray(), False
        self._came, self._answered = asyncio.Event(), asyncio.Event()
        self._transport = None

    @classmethod
    async def open(cls, port, address):
        self = cls()
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(address, 0), remote_addr=(LOOPBACK, port))
        for _ in range(5):
            self._send(self._SYN, b"", self._id)
            try:
                await asyncio.wait_for(self._answered.wait(), 2)
                break
            except TimeoutError:
                pass
        else:
            raise OSError("it does not answer")
        self._sequence += 1
        return self

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, _):
        kind, extension, _, sent, _, _, sequence, _ = struct.unpack_from(">BBHIIIHH", data)
        kind, at = kind >> 4, 20
        self._delay = (_now() - sent) & 0xFFFFFFFF
        while extension:
            extension, length = data[at], data[at + 1]
            at += 2 + length
        if kind == self._STATE:
            if not self._answered.is_set():
                # The first packet will have this number.
                self._last = (sequence - 1) & 0xFFFF
                self._answered.set()
            return
        if kind == self._RESET:
            self._is_over = True
        elif sequence == (self._last + 1) & 0xFFFF:
            self._last = sequence
            self._received += data[at:]
            self._is_over |= kind == self._FIN
        self._came.set()
        if kind != self._RESET:
            self._send(self._STATE, b"", self._id + 1)

    async def read(self, count):
        while not self._received and not self._is_over:
            self._came.clear()
            await self._came.wait()
        data = bytes(self._received[:count])
        del self._received[:count]
        return data

    def write(self, data):
        self._send(self._DATA, data, self._id + 1)
        self._sequence += 1

    def close(self):
        self._send(self._RESET, b"", self._id + 1)
        self._transport.close()

    def _send(self, kind, payload, name):
        self._transport.sendto(struct.pack(
            ">BBHIIIHH", kind << 4 | 1, 0, name, _now(), self._delay, 1 << 20, self._sequence & 0xFFFF, self._last) + payload)


def _now():
    return time.monotonic_ns() // 1000 & 0xFFFFFFFF


_WAYS = {"tcp": Tcp, "rc4": Encrypted, "utp": Utp}


class Crowd:
    def __init__(self, info_hash, pieces, port, way):
        self._info_hash, self._pieces, self._port, self._way = bytes.fromhex(info_hash), pieces, port, _WAYS[way]
        self.connected = 0

    async def join(self, number):
        """One peer, from its call to the end of the connection."""
        writer = reader = await self._way.open(self._port, crowd_address(number))
        try:
            if self._way is Encrypted:
                await reader.encrypt(self._info_hash)
            writer.write(HANDSHAKE + self._info_hash + b"-XX0000-" + os.urandom(12) + message(_INTERESTED))
            await reader.exactly(len(HANDSHAKE) + 40)
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


async def main(info_hash, pieces, port, count, way="tcp"):
    crowd = Crowd(info_hash, int(pieces), int(port), way)
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
