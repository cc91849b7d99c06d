"""
Takes part in the swarms of torrents with libtorrent, in as many sessions as are asked for, until it is killed: libtorrent-join.py JSON.

The JSON is of the shape that libtorrent.ts gives it. What each session has given and taken is kept in the file `status`.
"""
import json
import os
import sys
import time

import libtorrent

asked = json.loads(sys.argv[1])

# libtorrent leaves peers of the local network out of its limits and unchokes them all: here they are the whole world.
everybody = libtorrent.ip_filter()
everybody.add_rule("0.0.0.0", "255.255.255.255", 1 << libtorrent.session.global_peer_class_id)
everybody.add_rule("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 << libtorrent.session.global_peer_class_id)


def join(wanted):
    session = libtorrent.session(
        {
            "listen_interfaces": wanted["address"],
            "enable_dht": False,
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            # Every downloader here calls from 127.0.0.1.
            "allow_multiple_connections_per_ip": True,
            "alert_mask": libtorrent.alert.category_t.error_notification
            | libtorrent.alert.category_t.status_notification
            | libtorrent.alert.category_t.tracker_notification,
            **wanted["settings"],
        }
    )
    session.set_peer_class_filter(everybody)
    handles = []
    for torrent in asked["torrents"]:
        if torrent.startswith("magnet:"):
            parameters = libtorrent.parse_magnet_uri(torrent)
        else:
            parameters = libtorrent.add_torrent_params()
            parameters.ti = libtorrent.torrent_info(torrent)
        parameters.save_path = wanted["folder"]
        parameters.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
        if not wanted["exchanges"]:
            parameters.flags |= libtorrent.torrent_flags.disable_pex
        if wanted["superSeeding"]:
            parameters.flags |= libtorrent.torrent_flags.super_seeding
        handles.append(session.add_torrent(parameters))
    return session, handles


sessions = [join(wanted) for wanted in asked["sessions"]]
while True:
    for session, _ in sessions:
        for alert in session.pop_alerts():
            print(alert.message(), flush=True)
    statuses = [handle.status() for _, handles in sessions for handle in handles]
    with open(asked["status"] + ".new", "w") as file:
        json.dump(
            [
                {
                    "complete": status.is_seeding,
                    "uploaded": status.total_payload_upload,
                    "downloaded": status.total_payload_download,
                }
                for status in statuses
            ],
            file,
        )
    os.replace(asked["status"] + ".new", asked["status"])
    time.sleep(0.1)
