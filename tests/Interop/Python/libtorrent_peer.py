"""A libtorrent peer on one torrent, given by its file or by a magnet link.

usage: libtorrent_peer.py [--dht HOST:PORT] [--pex] [--lsd] [--utp] [--show-peers] [--upload-limit RATE] [--require-encryption LEVEL] TORRENT FOLDER HOST:PORT [PEER_HOST:PORT ...]

Seeds what is in FOLDER and downloads what is missing there, listening on HOST:PORT. With --dht it takes part in the DHT,
beginning with the node at that address; with --pex in peer exchange, with --lsd in local discovery. With --utp it
speaks uTP alone, else TCP alone. RATE is in bytes a second.
With --show-peers it prints "peer ADDRESS" of each peer that it shakes hands with. LEVEL: 1, plaintext after the handshake; 2, RC4. Prints a line each time its state changes ("seeding" when it has everything),
and ends when its input ends.
"""
import argparse
import select
import sys
import time

import libtorrent as lt


def address(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


parser = argparse.ArgumentParser()
parser.add_argument("--dht", default="")
parser.add_argument("--pex", action="store_true")
parser.add_argument("--lsd", action="store_true")
parser.add_argument("--utp", action="store_true")
parser.add_argument("--show-peers", action="store_true")
parser.add_argument("--upload-limit", type=int, default=0)
parser.add_argument("--require-encryption", type=int, default=0)
parser.add_argument("torrent")
parser.add_argument("folder")
parser.add_argument("listen")
parser.add_argument("peers", nargs="*")
options = parser.parse_args()
torrent = options.torrent
session = lt.session({
    "listen_interfaces": options.listen,
    "enable_dht": bool(options.dht),
    "dht_bootstrap_nodes": options.dht,
    # All nodes are on this machine: to libtorrent such a network looks like an attack.
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_ignore_dark_internet": False,
    "dht_prefer_verified_node_ids": False,
    "dht_enforce_node_id": False,
    "enable_lsd": options.lsd,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": options.utp,
    "enable_outgoing_utp": options.utp,
    "enable_incoming_tcp": not options.utp,
    "enable_outgoing_tcp": not options.utp,
    "allow_multiple_connections_per_ip": True,
    "min_reconnect_time": 1,
    **({"out_enc_policy": lt.enc_policy.pe_forced, "in_enc_policy": lt.enc_policy.pe_forced,
        "allowed_enc_level": options.require_encryption, "prefer_rc4": True} if options.require_encryption else {}),
    "alert_mask": lt.alert.category_t.error_notification
    | lt.alert.category_t.connect_notification
    | lt.alert.category_t.dht_notification
    | lt.alert.category_t.tracker_notification,
})
# What is added before the DHT stands is looked for there only minutes later.
patience = time.monotonic() + 30
stands = not options.dht
while not stands and time.monotonic() < patience:
    session.wait_for_alert(100)
    stands = any(isinstance(alert, lt.dht_bootstrap_alert) for alert in session.pop_alerts())
if torrent.startswith("magnet:"):
    parameters = lt.parse_magnet_uri(torrent)
else:
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(torrent)
parameters.save_path = options.folder
parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
if not options.pex:
    parameters.flags |= lt.torrent_flags.disable_pex
# The torrent's, as that of the session does not hold for peers in the local network.
parameters.upload_limit = options.upload_limit or -1
parameters.peers = [address(peer) for peer in options.peers]
handle = session.add_torrent(parameters)

state = None
shown = set()
while not select.select([sys.stdin], [], [], 0.05)[0]:
    for alert in session.pop_alerts():
        print("alert:", alert.message(), file=sys.stderr)
    for peer in handle.get_peer_info() if options.show_peers else ():
        if peer.pid.to_bytes() != bytes(20) and peer.ip[0] not in shown:
            shown.add(peer.ip[0])
            print("peer", peer.ip[0], flush=True)
    status = handle.status()
    now = "seeding" if status.is_seeding else str(status.state)
    if now != state:
        state = now
        print(state, flush=True)
