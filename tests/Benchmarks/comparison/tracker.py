"""A tracker that answers every announce with the same peer: for clients that cannot be told of one in another way."""
import http.server
import socket
import threading

from .machine import LOOPBACK


class Tracker:
    """Listens until it is closed."""

    def __init__(self, port, peer):
        address = socket.inet_aton(LOOPBACK) + peer.to_bytes(2, "big")

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = b"d8:intervali1800e5:peers6:" + address + b"e"
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((LOOPBACK, port), Answer)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://{LOOPBACK}:{port}/announce"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
