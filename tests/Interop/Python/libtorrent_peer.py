"""A libtorrent peer on one torrent, given by its file or by a magnet link.

usage: libtorrent_peer.py TORRENT FOLDER HOST:PORT [--dht HOST:PORT] [PEER_HOST:PORT ...]

Seeds what is in FOLDER and downloads what is missing there, listening on HOST:PORT. With --dht it takes part in the DHT,
beginning with the node at that address. Prints a line each time its state changes ("seeding" when it has everything),
and ends when its input ends.
"""
import select
import sys

import libtorrent as lt


def address(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


torrent, folder, listen, *peers = sys.argv[1:]
node = ""
if peers[:1] == ["--dht"]:
    node, peers = peers[1], peers[2:]
session = lt.session({
    "listen_interfaces": listen,
    "enable_dht": bool(node),
    "dht_bootstrap_nodes": node,
    # All nodes are on this machine: to libtorrent such a network looks like an attack.
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_ignore_dark_internet": False,
    "dht_prefer_verified_node_ids": False,
    "dht_enforce_node_id": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "allow_multiple_connections_per_ip": True,
    "min_reconnect_time": 1,
    "alert_mask": lt.alert.category_t.error_notification
    | lt.alert.category_t.connect_notification
    | lt.alert.category_t.tracker_notification,
})
if torrent.startswith("magnet:"):
    parameters = lt.parse_magnet_uri(torrent)
else:
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(torrent)
parameters.save_path = folder
parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
parameters.peers = [address(peer) for peer in peers]
handle = session.add_torrent(parameters)

state = None
while not select.select([sys.stdin], [], [], 0.05)[0]:
    for alert in session.pop_alerts():
        print("alert:", alert.message(), file=sys.stderr)
    status = handle.status()
    now = "seeding" if status.is_seeding else str(status.state)
    if now != state:
        state = now
        print(state, flush=True)
