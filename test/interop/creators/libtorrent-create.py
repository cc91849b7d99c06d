"""Makes a torrent with libtorrent: libtorrent-create.py v1|hybrid OUTPUT PIECE-LENGTH public|private SOURCE TRACKER..."""
import os
import sys

import libtorrent

version, output, piece_length, visibility, source, *trackers = sys.argv[1:]
files = libtorrent.file_storage()
libtorrent.add_files(files, source)
torrent = libtorrent.create_torrent(files, int(piece_length), libtorrent.create_torrent.v1_only if version == "v1" else 0)
torrent.set_priv(visibility == "private")
for tier, tracker in enumerate(trackers):
    torrent.add_tracker(tracker, tier)
libtorrent.set_piece_hashes(torrent, os.path.dirname(source))
with open(output, "wb") as file:
    file.write(libtorrent.bencode(torrent.generate()))
