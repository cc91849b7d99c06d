"""Seeds torrents with libtorrent until it is killed: libtorrent-seed.py HOST:PORT DATA-FOLDER TORRENT..."""
import sys
import time

import libtorrent

address, data_folder, *torrents = sys.argv[1:]
session = libtorrent.session(
    {
        "listen_interfaces": address,
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        # Every downloader here calls from 127.0.0.1.
        "allow_multiple_connections_per_ip": True,
        "alert_mask": libtorrent.alert.category_t.error_notification
        | libtorrent.alert.category_t.status_notification
        | libtorrent.alert.category_t.tracker_notification,
    }
)
quiet = libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused
for torrent in torrents:
    parameters = libtorrent.add_torrent_params()
    parameters.ti = libtorrent.torrent_info(torrent)
    parameters.save_path = data_folder
    parameters.flags &= ~quiet
    parameters.flags |= libtorrent.torrent_flags.disable_pex
    session.add_torrent(parameters)
while True:
    for alert in session.pop_alerts():
        print(alert.message(), flush=True)
    time.sleep(0.1)
