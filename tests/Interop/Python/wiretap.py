"""Listens to everything that is sent in this network, and tells of what has one of some bytes in it.

usage: wiretap.py HEX...

Prints "listening", then for each packet in which some of the bytes are: "udp|tcp SOURCE:PORT TARGET:PORT HEX". Letters may be
large or small. A line comes once. Ends when its input ends.
"""
import select
import socket
import struct
import sys

ALL = 3
NEEDLES = {text: bytes.fromhex(text).lower() for text in sys.argv[1:]}
PROTOCOLS = {6: "tcp", 17: "udp"}

tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL))
tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
told = set()
print("listening", flush=True)
while True:
    ready = select.select([tap, sys.stdin], [], [])[0]
    if sys.stdin in ready:
        break
    packet = tap.recv(65536)
    protocol = PROTOCOLS.get(packet[9]) if packet[0] >> 4 == 4 else None
    if not protocol:
        continue
    content = packet[(packet[0] & 15) * 4:]
    small = content.lower()
    ports = struct.unpack("!HH", content[:4])
    source, target = (f"{socket.inet_ntoa(packet[at:at + 4])}:{port}" for at, port in zip((12, 16), ports))
    for text, needle in NEEDLES.items():
        line = f"{protocol} {source} {target} {text}"
        if needle in small and line not in told:
            told.add(line)
            print(line, flush=True)
