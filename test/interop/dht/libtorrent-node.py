"""A libtorrent session with its DHT on loopback: libtorrent-node.py ADDRESS PORT [BOOTSTRAP].

Reads lines: `announce HASH`, `find HASH`, `nodes`, `add HOST PORT`; writes `port N` when it listens, then `peer HASH ADDRESS` and `nodes N`.
"""
import os, select, sys, tempfile
import libtorrent as lt

address, port = sys.argv[1], sys.argv[2]
bootstrap = sys.argv[3] if len(sys.argv) > 3 else ""
host = "[%s]" % address if ":" in address else address
session = lt.session({
    "listen_interfaces": "%s:%s" % (host, port),
    "enable_dht": True,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "dht_bootstrap_nodes": bootstrap,
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_prefer_verified_node_ids": False,
    "dht_ignore_dark_internet": False,
    "dht_enforce_node_id": False,
    "allow_multiple_connections_per_ip": True,
    "alert_mask": lt.alert.category_t.all_categories,
})
print("port", session.listen_port(), flush=True)
buffer = ""
while True:
    ready, _, _ = select.select([0], [], [], 0.1)
    if ready:
        data = os.read(0, 65536).decode()
        if data == "":
            break
        buffer += data
    while "\n" in buffer:
        line, buffer = buffer.split("\n", 1)
        words = line.split()
        if words[0] == "announce":
            # The call that announces takes flags that the bindings do not have.
            parameters = lt.parse_magnet_uri("magnet:?xt=urn:btih:" + words[1])
            parameters.save_path = tempfile.gettempdir()
            session.add_torrent(parameters).force_dht_announce()
        elif words[0] == "find":
            session.dht_get_peers(lt.sha1_hash(bytes.fromhex(words[1])))
        elif words[0] == "add":
            session.add_dht_node((words[1], int(words[2])))
        elif words[0] == "nodes":
            session.post_dht_stats()
    for alert in session.pop_alerts():
        if isinstance(alert, lt.dht_stats_alert):
            print("nodes", sum(bucket["num_nodes"] for bucket in alert.routing_table), flush=True)
        if isinstance(alert, lt.dht_get_peers_reply_alert):
            for peer in alert.peers():
                print("peer", alert.info_hash, ("[%s]:%d" if ":" in peer[0] else "%s:%d") % (peer[0], peer[1]), flush=True)
