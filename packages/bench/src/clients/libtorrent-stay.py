"""Takes part in a torrent's swarm with libtorrent until it is killed, from what is there on: libtorrent-stay.py TORRENT FOLDER default|tcp|tuned ADDRESS:PORT [strangers]"""
import sys

import libtorrent

from libtorrent_settings import add, settings_of

torrent, folder, profile, address = sys.argv[1:5]

session = libtorrent.session({**settings_of(profile), "listen_interfaces": address, "outgoing_interfaces": address.split(":")[0]})
if "strangers" in sys.argv[5:]:
    # libtorrent leaves peers of the local network out of its limits and unchokes them all: here they are the whole world.
    everybody = libtorrent.ip_filter()
    everybody.add_rule("0.0.0.0", "255.255.255.255", 1 << libtorrent.session.global_peer_class_id)
    session.set_peer_class_filter(everybody)
add(session, torrent, folder)

while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        print(alert.message(), flush=True)
