"""Downloads a torrent with libtorrent and ends when it is on disk: libtorrent-download.py TORRENT-OR-LINK FOLDER default|tcp|tuned [DHT-NODE ADDRESS]; ADDRESS is its own"""
import os
import sys

import libtorrent

from libtorrent_settings import add, settings_of

torrent, folder, profile, *entering = sys.argv[1:]

session = libtorrent.session(settings_of(profile, *entering))
handle = add(session, torrent, folder)

while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        if isinstance(alert, (libtorrent.file_error_alert, libtorrent.torrent_error_alert)):
            print(alert.message(), flush=True)
            os._exit(1)
        # By itself it would look for peers at its next round, minutes from now.
        if isinstance(alert, libtorrent.dht_bootstrap_alert):
            handle.force_dht_announce()
        # "Finished" comes before the last writes.
        if isinstance(alert, libtorrent.torrent_finished_alert):
            handle.flush_cache()
        if isinstance(alert, libtorrent.cache_flushed_alert) and handle.status().is_seeding:
            # Without the good-byes to peers and trackers, which are not part of the work.
            os._exit(0)
