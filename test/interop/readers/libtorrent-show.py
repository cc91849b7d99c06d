"""Prints what libtorrent reads in a torrent, as JSON: libtorrent-show.py TORRENT"""
import json
import sys

import libtorrent

torrent = libtorrent.torrent_info(sys.argv[1])
files = torrent.files()
tiers = {}
for tracker in torrent.trackers():
    tiers.setdefault(tracker.tier, []).append(tracker.url)
print(
    json.dumps(
        {
            "infoHash": str(torrent.info_hashes().v1),
            "name": torrent.name(),
            "private": torrent.priv(),
            "pieceLength": torrent.piece_length(),
            "pieceHashes": [torrent.hash_for_piece(piece).hex() for piece in range(torrent.num_pieces())],
            "files": [
                {
                    "path": files.file_path(file),
                    "offset": files.file_offset(file),
                    "length": files.file_size(file),
                    "padding": bool(files.file_flags(file) & libtorrent.file_storage.flag_pad_file),
                }
                for file in range(files.num_files())
            ],
            "trackers": [tiers[tier] for tier in sorted(tiers)],
        }
    )
)
