"""libtorrent sessions in one process, each at an address of its own: sessions.py ENTRANCE ADDRESS...

Reads lines `announce N HASH`, `find N HASH`; writes `ready`, then `peer N HASH ADDRESS`, and `nodes N COUNT` when asked `nodes`.
"""
import os, select, sys, tempfile
import libtorrent as lt

entrance, addresses = sys.argv[1], sys.argv[2:]
sessions = [lt.session({
    "listen_interfaces": "%s:6881" % address,
    "enable_dht": True, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
    "dht_bootstrap_nodes": entrance,
    "alert_mask": lt.alert.category_t.dht_notification | lt.alert.category_t.dht_operation_notification | lt.alert.category_t.stats_notification | lt.alert.category_t.status_notification,
}) for address in addresses]
print("ready", flush=True)
buffer = ""
while True:
    ready, _, _ = select.select([0], [], [], 0.05)
    if ready:
        data = os.read(0, 65536).decode()
        if data == "":
            break
        buffer += data
    while "\n" in buffer:
        line, buffer = buffer.split("\n", 1)
        words = line.split()
        if words[0] == "nodes":
            for session in sessions:
                session.post_dht_stats()
        elif words[0] == "announce":
            parameters = lt.parse_magnet_uri("magnet:?xt=urn:btih:" + words[2])
            parameters.save_path = tempfile.gettempdir()
            sessions[int(words[1])].add_torrent(parameters).force_dht_announce()
        elif words[0] == "find":
            sessions[int(words[1])].dht_get_peers(lt.sha1_hash(bytes.fromhex(words[2])))
    for index, session in enumerate(sessions):
        for alert in session.pop_alerts():
            if isinstance(alert, lt.dht_stats_alert):
                print("nodes", index, sum(bucket["num_nodes"] for bucket in alert.routing_table), flush=True)
            elif isinstance(alert, lt.dht_get_peers_reply_alert):
                for peer in alert.peers():
                    print("peer", index, alert.info_hash, "%s:%d" % (peer[0], peer[1]), flush=True)
