"""Makes a torrent with libtorrent: libtorrent-create.py SOURCE PIECE-LENGTH OUTPUT"""
import os
import sys

import libtorrent

source, piece_length, output = sys.argv[1:]
files = libtorrent.file_storage()
libtorrent.add_files(files, source)
torrent = libtorrent.create_torrent(files, int(piece_length), libtorrent.create_torrent.v1_only)
libtorrent.set_piece_hashes(torrent, os.path.dirname(source))
with open(output, "wb") as file:
    file.write(libtorrent.bencode(torrent.generate()))
