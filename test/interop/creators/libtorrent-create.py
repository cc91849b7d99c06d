"""Makes a torrent with libtorrent: libtorrent-create.py v1|ordered|hybrid OUTPUT PIECE-LENGTH public|private SOURCE TRACKER..."""
import os
import sys

import libtorrent

version, output, piece_length, visibility, source, *trackers = sys.argv[1:]
files = libtorrent.file_storage()
if version == "ordered" and os.path.isdir(source):
    # By itself it takes files in the order in which the disk names them, which is another one on every disk.
    found = [os.path.join(folder, name) for folder, _, names in os.walk(source) for name in names]
    for path in sorted(found, key=os.fsencode):
        files.add_file(os.path.relpath(path, os.path.dirname(source)), os.path.getsize(path))
else:
    libtorrent.add_files(files, source)
torrent = libtorrent.create_torrent(files, int(piece_length), 0 if version == "hybrid" else libtorrent.create_torrent.v1_only)
torrent.set_priv(visibility == "private")
for tier, tracker in enumerate(trackers):
    torrent.add_tracker(tracker, tier)
libtorrent.set_piece_hashes(torrent, os.path.dirname(source))
with open(output, "wb") as file:
    file.write(libtorrent.bencode(torrent.generate()))
