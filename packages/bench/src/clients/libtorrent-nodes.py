"""A DHT of libtorrent's until it is killed, one node at each of the addresses, all of whom enter by the first: libtorrent-nodes.py ADDRESS... Says where that one is when everybody knows somebody."""
import sys

import libtorrent

from libtorrent_settings import common, dht

entrance = ""
sessions = []
for address in sys.argv[1:]:
    session = libtorrent.session({**common, **dht(entrance), "listen_interfaces": address + ":0"})
    sessions.append(session)
    if not entrance:
        entrance = "%s:%d" % (address, session.listen_port())

waiting = set(range(len(sessions)))
while waiting:
    for index in list(waiting):
        sessions[index].post_dht_stats()
        sessions[index].wait_for_alert(50)
        for alert in sessions[index].pop_alerts():
            if isinstance(alert, libtorrent.dht_stats_alert) and sum(bucket["num_nodes"] for bucket in alert.routing_table):
                waiting.discard(index)
print(entrance, flush=True)
while True:
    for session in sessions:
        session.wait_for_alert(1000)
        session.pop_alerts()
