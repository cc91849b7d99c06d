"""Downloads a torrent with libtorrent and ends when it is on disk: libtorrent-download.py TORRENT FOLDER default|tcp|tuned"""
import os
import sys

import libtorrent

torrent, folder, profile = sys.argv[1:]

# Nothing but the tracker's peers.
settings = {
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
}
settings.update({"default": {}, "tcp": tcp, "tuned": tuned}[profile])

session = libtorrent.session(settings)
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
parameters.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
handle = session.add_torrent(parameters)

while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        if isinstance(alert, (libtorrent.file_error_alert, libtorrent.torrent_error_alert)):
            print(alert.message(), flush=True)
            os._exit(1)
        # "Finished" comes before the last writes.
        if isinstance(alert, libtorrent.torrent_finished_alert):
            handle.flush_cache()
        if isinstance(alert, libtorrent.cache_flushed_alert) and handle.status().is_seeding:
            # Without the good-byes to peers and trackers, which are not part of the work.
            os._exit(0)
