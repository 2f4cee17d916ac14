"""A tracker over HTTP and UDP on one port, and a web server of one file.

usage: small_tracker.py HOST:PORT PEER_HOST:PORT FILE

Answers every announce with the one peer, and every other path of HTTP with the file. Says who asks, a line each: "http HOST" or "udp HOST".
Ends when its input ends.
"""
import http.server
import ipaddress
import os
import socket
import struct
import sys
import threading

host, port = sys.argv[1].rsplit(":", 1)
peer_host, peer_port = sys.argv[2].rsplit(":", 1)
peer = ipaddress.ip_address(peer_host).packed + struct.pack("!H", int(peer_port))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("http", self.client_address[0], self.path.split("?")[0], flush=True)
        if self.path.startswith("/announce"):
            body = b"d8:intervali60e5:peers6:" + peer + b"e"
        else:
            with open(sys.argv[3], "rb") as file:
                body = file.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def answer_datagrams():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((host, int(port)))
    while True:
        data, sender = udp.recvfrom(2048)
        if len(data) < 16:
            continue
        action, transaction = struct.unpack("!II", data[8:16])
        if action == 0:
            udp.sendto(struct.pack("!IIQ", 0, transaction, 42), sender)
        elif action == 1:
            print("udp", sender[0], flush=True)
            udp.sendto(struct.pack("!IIIII", 1, transaction, 60, 0, 1) + peer, sender)


threading.Thread(target=answer_datagrams, daemon=True).start()
server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
