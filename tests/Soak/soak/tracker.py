"""An HTTP tracker that writes down what it is told, names one peer, and has outages."""
import collections
import http.server
import itertools
import socket
import threading
import time
from urllib.parse import unquote_to_bytes

Announce = collections.namedtuple("Announce", "time info_hash event uploaded downloaded left session in_time")


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        """A client that does not wait for its answer."""


class Tracker:
    """mode: 'up', 'error' (HTTP 503), 'closed' (no answer), 'slow' (an answer after five seconds)."""

    def __init__(self, interval=20):
        self.mode = "up"
        self.heard = collections.defaultdict(list)  # info hash -> announces that were heard
        self.peers = b""
        self._lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                mode = outer.mode
                if mode == "closed":
                    self.close_connection = True
                    return
                if mode == "error":
                    self.send_error(503)
                    return
                # Heard when it comes, however late the answer: a torrent's last announce belongs to the life that it ends.
                outer._note(dict(part.partition("=")[::2] for part in self.path.partition("?")[2].split("&")), mode == "up")
                if mode == "slow":
                    time.sleep(5)
                body = b"d8:intervali%de12:min intervali5e5:peers%d:%be" % (interval, len(outer.peers), outer.peers)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/announce"

    def name_peer(self, port):
        self.peers = socket.inet_aton("127.0.0.1") + port.to_bytes(2, "big")

    def _note(self, query, in_time):
        said = Announce(
            time.monotonic(), unquote_to_bytes(query["info_hash"]).hex(), query.get("event", ""),
            int(query["uploaded"]), int(query["downloaded"]), int(query["left"]), query.get("peer_id", ""), in_time)
        with self._lock:
            self.heard[said.info_hash].append(said)

    def take(self, info_hash):
        """What was heard of a torrent since its first start; it is forgotten."""
        with self._lock:
            heard = self.heard.pop(info_hash, [])
        return list(itertools.dropwhile(lambda said: said.event == "stopped", heard))

    @staticmethod
    def credited(announces):
        """What a tracker that adds up sessions has credited as uploaded and downloaded: a session begins with 'started'."""
        total, last = [0, 0], [0, 0]
        for said in announces:
            if said.event == "started":
                last = [0, 0]
            now = [said.uploaded, said.downloaded]
            total = [t + max(0, n - l) for t, n, l in zip(total, now, last)]
            last = now
        return total

    def close(self):
        self._server.shutdown()
        self._server.server_close()
