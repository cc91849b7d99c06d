"""
Leeches a torrent from one peer with libtorrent until it is killed, and says each tenth of a second how it sees that peer: libtorrent-watch.py TORRENT FOLDER LISTEN PEER.

A line is JSON: whether the peer only uploads (BEP 21), whether it is interested in us, and how many pieces it has.
"""
import json
import sys
import time

import libtorrent

torrent, folder, listen, peer = sys.argv[1:]
session = libtorrent.session(
    {
        "listen_interfaces": listen,
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "close_redundant_connections": False,
    }
)
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
parameters.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
handle = session.add_torrent(parameters)
host, port = peer.rsplit(":", 1)
handle.connect_peer((host, int(port)))
while True:
    for seen in handle.get_peer_info():
        about = {
            "uploadOnly": bool(seen.flags & libtorrent.peer_info.upload_only),
            "interested": bool(seen.flags & libtorrent.peer_info.remote_interested),
            "has": sum(seen.pieces),
        }
        print(json.dumps(about), flush=True)
    time.sleep(0.1)
