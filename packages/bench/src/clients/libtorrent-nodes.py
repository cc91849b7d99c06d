"""A DHT of libtorrent's until it is killed, one node at each of the addresses: libtorrent-nodes.py ADDRESS... Says where the first one is when each of them knows some of the others."""
import sys
import time

import libtorrent

from libtorrent_settings import common, dht

sessions = [libtorrent.session({**common, **dht(""), "listen_interfaces": address + ":0"}) for address in sys.argv[1:]]
places = [(address, session.listen_port()) for address, session in zip(sys.argv[1:], sessions)]

# Whom it enters by libtorrent does not remember, so each is told of all.
for session, own in zip(sessions, places):
    for place in places:
        if place != own:
            session.add_dht_node(place)


def knows(session):
    session.post_dht_stats()
    time.sleep(0.02)
    tables = [alert.routing_table for alert in session.pop_alerts() if isinstance(alert, libtorrent.dht_stats_alert)]
    return sum(bucket["num_nodes"] for table in tables for bucket in table)


for session in sessions:
    while knows(session) < len(sessions) // 2:
        pass
print("%s:%d" % places[0], flush=True)
while True:
    time.sleep(1)
    for session in sessions:
        session.pop_alerts()
