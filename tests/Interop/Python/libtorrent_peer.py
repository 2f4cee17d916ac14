"""A libtorrent peer on one torrent, given by its file or by a magnet link.

usage: libtorrent_peer.py [--dht HOST:PORT] [--pex] [--lsd] [--utp | --mixed] [--show-peers] [--suggest] [--log WORD] [--upload-limit RATE] [--download-limit RATE] [--require-encryption LEVEL] TORRENT FOLDER HOST:PORT [PEER_HOST:PORT ...]

Seeds what is in FOLDER and downloads what is missing there, listening on HOST:PORT. With --dht it takes part in the DHT,
beginning with the node at that address; with --pex in peer exchange, with --lsd in local discovery. With --utp it
speaks uTP alone, with --mixed both, else TCP alone. RATE is in bytes a second. With --suggest it suggests pieces that it has read lately, once it is
asked for some and has not everything. With --log it prints each line of its log of messages that has WORD in it, after "log ".
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
parser.add_argument("--mixed", action="store_true")
parser.add_argument("--show-peers", action="store_true")
parser.add_argument("--suggest", action="store_true")
parser.add_argument("--log", default="")
parser.add_argument("--upload-limit", type=int, default=0)
parser.add_argument("--download-limit", type=int, default=0)
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
    "enable_incoming_utp": options.utp or options.mixed,
    "enable_outgoing_utp": options.utp or options.mixed,
    "enable_incoming_tcp": not options.utp,
    "enable_outgoing_tcp": not options.utp,
    "allow_multiple_connections_per_ip": True,
    "min_reconnect_time": 1,
    **({"out_enc_policy": lt.enc_policy.pe_forced, "in_enc_policy": lt.enc_policy.pe_forced,
        "allowed_enc_level": options.require_encryption, "prefer_rc4": True} if options.require_encryption else {}),
    "alert_mask": lt.alert.category_t.error_notification
    | lt.alert.category_t.connect_notification
    | lt.alert.category_t.dht_notification
    | lt.alert.category_t.tracker_notification
    | (lt.alert.category_t.peer_log_notification if options.log else 0),
    "alert_queue_size": 100_000,
    **({"suggest_mode": 1, "unchoke_slots_limit": 0, "unchoke_interval": 1} if options.suggest else {}),
})
if options.suggest:
    # Its suggestions come with an unchoke after the handshakes: it must not unchoke before, as it does with peers near by and while a slot is free.
    near = session.get_peer_class(2)
    session.set_peer_class(2, {**near, "ignore_unchoke_slots": False})
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
parameters.download_limit = options.download_limit or -1
parameters.peers = [address(peer) for peer in options.peers]
handle = session.add_torrent(parameters)

state = None
shown = set()
slots = 0
while not select.select([sys.stdin], [], [], 0.05)[0]:
    for alert in session.pop_alerts():
        if not isinstance(alert, lt.peer_log_alert):
            print("alert:", alert.message(), file=sys.stderr)
        elif options.log in alert.message():
            print("log", alert.message(), flush=True)
    for peer in handle.get_peer_info() if options.show_peers else ():
        if peer.pid.to_bytes() != bytes(20) and peer.ip[0] not in shown:
            shown.add(peer.ip[0])
            print("peer", peer.ip[0], flush=True)
    wanted = 8 if options.suggest and any(peer.flags & lt.peer_info.remote_interested for peer in handle.get_peer_info()) else 0
    if wanted != slots:
        slots = wanted
        session.apply_settings({"unchoke_slots_limit": slots})
    status = handle.status()
    now = "seeding" if status.is_seeding else str(status.state)
    if now != state:
        state = now
        print(state, flush=True)
