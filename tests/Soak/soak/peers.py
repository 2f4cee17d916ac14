"""The other side: libtorrent, as the seed that everything comes from, and as a leecher that fetches everything from us."""
import collections
import pathlib
import shutil
import time

import libtorrent as lt


def _session(port):
    return lt.session({
        "listen_interfaces": f"127.0.0.1:{port}", "outgoing_interfaces": "127.0.0.1",
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "enable_incoming_utp": False, "enable_outgoing_utp": False, "out_enc_policy": 2, "in_enc_policy": 2,
        "allow_multiple_connections_per_ip": True, "min_reconnect_time": 1, "connections_limit": 500,
        "max_failcount": 1000, "active_limit": 500, "active_seeds": 500, "active_downloads": 500,
        "announce_to_all_trackers": False,
    }, flags=0)


class Seed:
    """Has every torrent from the beginning; sends each at a bounded rate, so that downloads take a while."""

    def __init__(self, port, contents, rate):
        self._session = _session(port)
        self._handles = []
        for content in contents:
            handle = self._session.add_torrent({
                "ti": lt.torrent_info(str(content.torrent)), "save_path": str(content.folder),
                "flags": lt.torrent_flags.seed_mode | lt.torrent_flags.upload_mode, "trackers": []})
            handle.replace_trackers([])
            handle.unset_flags(lt.torrent_flags.auto_managed)
            handle.resume()
            handle.set_upload_limit(rate)
            self._handles.append(handle)


class Leecher:
    """Fetches torrents from us alone. What came of each in all its lives is added up."""

    def __init__(self, port, folder, ours, rate):
        self._session = _session(port)
        self._folder = pathlib.Path(folder)
        self._ours = ours
        self._rate = rate
        self._handles = {}
        self._contents = {}
        self._before = collections.defaultdict(int)  # payload of a handle that is gone

    def want(self, content):
        self._contents[content.info_hash] = content
        self._add(content)

    def call(self):
        """Dials us for whatever is not complete and not connected."""
        for content in list(self._contents.values()):
            status = self._handles[content.info_hash].status()
            if status.num_peers or status.is_seeding:
                continue
            # libtorrent gives an address up that has failed for some seconds, whatever max_failcount says: it begins anew then.
            if status.list_peers and not status.connect_candidates:
                self._before[content.info_hash] += status.total_payload_download
                self._remove(content.info_hash)
                self._add(content)
            self._handles[content.info_hash].connect_peer(("127.0.0.1", self._ours), 0, 0)

    def describe(self):
        """How it stands with what is not complete, for whoever looks for the cause of a fault."""
        lines = []
        for handle in self._handles.values():
            status = handle.status()
            if not status.is_seeding:
                lines.append(f"{status.name}: {status.state}, {status.progress:.2f}, {status.num_peers} peers, {status.list_peers} known, "
                             f"{status.connect_candidates} to dial, flags {int(status.flags):x}, {status.errc.message()}")
        return lines + [alert.message()[-160:] for alert in self._session.pop_alerts()][-20:]

    def received(self, info_hash):
        """Payload that came, redundant and bad bytes included; 0 where the torrent is not wanted."""
        handle = self._handles.get(info_hash)
        return self._before[info_hash] + handle.status().total_payload_download if handle else 0

    def failed(self, info_hash):
        """Bytes that came and did not hash: must be none, they came from us."""
        handle = self._handles.get(info_hash)
        return handle.status().total_failed_bytes if handle else 0

    def has(self, info_hash):
        handle = self._handles.get(info_hash)
        return handle is not None and handle.status().is_seeding

    def forget(self, info_hash):
        if self._contents.pop(info_hash, None):
            self._remove(info_hash)
        self._before.pop(info_hash, None)
        shutil.rmtree(self._folder / info_hash, ignore_errors=True)

    def _add(self, content):
        handle = self._session.add_torrent({
            "ti": lt.torrent_info(str(content.torrent)), "save_path": str(self._folder / content.info_hash), "trackers": []})
        handle.replace_trackers([])
        handle.unset_flags(lt.torrent_flags.auto_managed)
        handle.resume()
        handle.set_download_limit(self._rate)
        self._handles[content.info_hash] = handle

    def _remove(self, info_hash):
        self._session.remove_torrent(self._handles.pop(info_hash))
        # Until it is gone: one that is added again meanwhile would be the old one, which does nothing any more.
        for _ in range(200):
            if not self._session.find_torrent(lt.sha1_hash(bytes.fromhex(info_hash))).is_valid():
                break
            time.sleep(0.05)
