"""What the libtorrent of the benchmarks is told, by profile: `default`, `tcp` or `tuned`."""
import libtorrent

# Nothing but the tracker's peers.
common = {
    "listen_interfaces": "0.0.0.0:0",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "alert_mask": libtorrent.alert.category_t.error_notification
    | libtorrent.alert.category_t.status_notification
    | libtorrent.alert.category_t.storage_notification,
}

# It tries uTP first and waits 3 s for an answer; the peers here speak TCP only.
tcp = {"enable_outgoing_utp": False, "enable_incoming_utp": False}

# Everything known to help it here: no encryption to be tried first, no time lost to dead addresses, the whole list dialled at once, deep queues, big buffers.
tuned = {
    **tcp,
    "out_enc_policy": libtorrent.enc_policy.pe_disabled,
    "in_enc_policy": libtorrent.enc_policy.pe_disabled,
    "connection_speed": 1000,
    "torrent_connect_boost": 255,
    "peer_connect_timeout": 2,
    "handshake_timeout": 2,
    "connections_limit": 1000,
    "max_out_request_queue": 2000,
    "request_queue_time": 10,
    "max_queued_disk_bytes": 64 * 1024 * 1024,
    "aio_threads": 4,
    "hashing_threads": 2,
    "recv_socket_buffer_size": 4 * 1024 * 1024,
    "max_rejects": 1000,
    "allow_multiple_connections_per_ip": True,
    "smooth_connects": False,
    "unchoke_slots_limit": -1,
    "send_buffer_watermark": 8 * 1024 * 1024,
    "send_buffer_low_watermark": 1024 * 1024,
    "send_buffer_watermark_factor": 150,
    "send_socket_buffer_size": 4 * 1024 * 1024,
}


def dht(entrance):
    """A DHT that is entered by a node at ADDRESS:PORT, or that begins here; all of it may be in one network, and without ids by address."""
    return {
        "enable_dht": True,
        "alert_mask": common["alert_mask"] | libtorrent.alert.category_t.dht_notification,
        "dht_bootstrap_nodes": entrance,
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_prefer_verified_node_ids": False,
        "dht_ignore_dark_internet": False,
        "dht_enforce_node_id": False,
    }


def settings_of(profile, entrance=None, address="0.0.0.0"):
    # Without an address of its own it takes the network for a local one, where it has no DHT.
    listening = {"listen_interfaces": address + ":0", **dht(entrance)} if entrance else {}
    return {**common, **{"default": {}, "tcp": tcp, "tuned": tuned}[profile], **listening}


def add(session, torrent, folder):
    if torrent.startswith("magnet:"):
        parameters = libtorrent.parse_magnet_uri(torrent)
    else:
        parameters = libtorrent.add_torrent_params()
        parameters.ti = libtorrent.torrent_info(torrent)
    parameters.save_path = folder
    parameters.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
    return session.add_torrent(parameters)
