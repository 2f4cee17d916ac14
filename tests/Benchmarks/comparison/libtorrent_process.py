"""libtorrent in a process of its own: a client like the others, and the other side of all of them.

Reads commands as lines of JSON and answers each with one; times are those of the monotonic clock, which all processes share.
Arguments: the addresses to listen on, as host:port, one for each session; --utp: they speak uTP alone, else TCP alone;
--rc4: all is encrypted by RC4, else nothing is; --tuned: with the settings of people who tune it, else with its own.
"""
import json
import pathlib
import resource
import sys
import threading
import time

import libtorrent as lt

_NO_PLUGINS = 0  # peers are to be found by what the work says, not by PEX
_LOOK = 0.005
_FORCED, _DISABLED = 0, 2  # libtorrent's enc_policy
_RC4 = 2  # and its enc_level
_RUN = 500  # resume data asked for at once: more alerts than that may be dropped


# What people set for fast lines and disks, after libtorrent's high_performance_seed and its guide to tuning.
_TUNED = {
    "aio_threads": 4,
    "hashing_threads": 2,
    "send_buffer_watermark": 3 << 20,
    "send_buffer_low_watermark": 1 << 20,
    "send_buffer_watermark_factor": 150,
    "max_queued_disk_bytes": 16 << 20,
    "max_out_request_queue": 1500,
    "max_allowed_in_request_queue": 4000,
    "listen_queue_size": 100,
    "smooth_connects": False,
    "unchoke_slots_limit": -1,
    "connections_limit": 500,
}


def _session(address, is_utp, is_rc4, is_tuned):
    """A session with libtorrent's own settings, but that finds nobody by itself, and unencrypted or by RC4 alone: by TCP as all others, or by uTP alone."""
    return lt.session({
        "listen_interfaces": address,
        "outgoing_interfaces": address.partition(":")[0],
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_incoming_utp": is_utp,
        "enable_outgoing_utp": is_utp,
        "enable_incoming_tcp": not is_utp,
        "enable_outgoing_tcp": not is_utp,
        "out_enc_policy": _FORCED if is_rc4 else _DISABLED,
        "in_enc_policy": _FORCED if is_rc4 else _DISABLED,
        **({"allowed_enc_level": _RC4, "prefer_rc4": True} if is_rc4 else {}),
        "allow_multiple_connections_per_ip": True,
        "alert_queue_size": 100_000,
        # rtorrent asks for more at once than the usual 2,000, and waits for ever for what is dropped.
        "max_allowed_in_request_queue": 100_000,
        **(_TUNED if is_tuned else {}),
    }, flags=_NO_PLUGINS)


def _saved(state, info):
    """Where the resume data of a torrent is."""
    return pathlib.Path(state, f"{info.info_hash()}.resume") if state else None


class Watch(threading.Thread):
    """Notes when the first payload went in or out of some torrents since it began."""

    def __init__(self, handles):
        super().__init__(daemon=True)
        self._handles = handles
        self._stopped = threading.Event()
        self._moved, self._sent = self._sum(), 0
        self._sent = self.sent()
        self.first = None
        self.start()

    def _sum(self):
        statuses = [handle.status() for handle in list(self._handles)]
        return sum(status.total_payload_upload + status.total_payload_download for status in statuses)

    def run(self):
        while self.first is None and not self._stopped.wait(_LOOK):
            if self._sum() != self._moved:
                self.first = time.monotonic()

    def stop(self):
        self._stopped.set()
        self.join()

    def sent(self):
        """Payload bytes that went out since it began."""
        return sum(handle.status().total_payload_upload for handle in self._handles) - self._sent


class Host:
    """The sessions, and what can be asked of them."""

    def __init__(self, addresses, is_utp, is_rc4, is_tuned):
        self._sessions = [_session(address, is_utp, is_rc4, is_tuned) for address in addresses]
        self._handles = []
        self._watch = None

    def add(self, torrents, folders, peers=(), state=None, max_peers=None):
        """Adds torrents to each session, which has a folder of its own or shares one. The state is a folder of what save left."""
        began = time.monotonic()
        for at, session in enumerate(self._sessions):
            if max_peers:
                session.apply_settings({"connections_limit": max_peers})
            for torrent in torrents:
                info = lt.torrent_info(torrent)
                saved = _saved(state, info)
                parameters = lt.read_resume_data(saved.read_bytes()) if saved and saved.exists() else lt.add_torrent_params()
                parameters.ti = info
                parameters.save_path = folders[at % len(folders)]
                parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
                parameters.peers = [tuple(peer) for peer in peers]
                self._handles.append(session.add_torrent(parameters))
        return {"began": began}

    def complete(self, seconds, pause=0.01):
        """Waits until all is there, and tells how long it took each time to ask."""
        until, latencies, left = time.monotonic() + seconds, [], list(self._handles)
        while True:
            began = time.monotonic()
            while left and left[-1].status().is_seeding:
                left.pop()
            at = time.monotonic()
            latencies.append(at - began)
            if not left:
                return {"at": at, "latencies": latencies}
            if at > until:
                raise TimeoutError(f"libtorrent is not complete after {seconds:.0f} s")
            time.sleep(pause)

    def statuses(self):
        """Asks for the status of all at once."""
        began = time.monotonic()
        found = self._sessions[0].get_torrent_status(lambda _: True)
        return {"seconds": time.monotonic() - began, "count": len(found)}

    def save(self, state):
        """Writes what is to be known of all torrents after a restart."""
        for start in range(0, len(self._handles), _RUN):
            handles = self._handles[start:start + _RUN]
            for handle in handles:
                handle.save_resume_data()
            left, until = len(handles), time.monotonic() + 60
            while left:
                if time.monotonic() > until:
                    raise TimeoutError(f"libtorrent does not give the resume data of {left} torrents")
                self._sessions[0].wait_for_alert(1000)
                for alert in self._sessions[0].pop_alerts():
                    if isinstance(alert, lt.save_resume_data_alert):
                        _saved(state, alert.handle.torrent_file()).write_bytes(lt.write_resume_data_buf(alert.params))
                    left -= isinstance(alert, (lt.save_resume_data_alert, lt.save_resume_data_failed_alert))
        return {}

    def dial(self, peer, info_hash):
        """Connects a torrent to a peer."""
        for handle in self._with(info_hash):
            handle.connect_peer(tuple(peer))
        return {}

    def watch(self, info_hash=None):
        """Begins to watch what a torrent, or all, receives and sends."""
        self._watch = Watch(self._with(info_hash) if info_hash else self._handles)
        return {}

    def _with(self, info_hash):
        return [handle for handle in self._handles if str(handle.info_hash()) == info_hash]

    def watched(self):
        """Ends that, and tells when the first was seen and how much was sent."""
        self._watch.stop()
        return {"first": self._watch.first, "sent": self._watch.sent()}


def main():
    # As our own clients do: every descriptor that the system allows.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    host = Host(addresses, is_utp="--utp" in sys.argv, is_rc4="--rc4" in sys.argv, is_tuned="--tuned" in sys.argv)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(host, command.pop("do"))(**command)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
