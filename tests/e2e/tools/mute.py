#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mute.py tcp|udp PORT PORT-FILE: accepts (or receives) on loopback and never says a word."""
import os
import socket
import sys

kind, port, port_file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", port))
if kind == "tcp":
    s.listen(50)
with open(port_file + ".new", "w") as f:
    f.write(str(s.getsockname()[1]))
os.rename(port_file + ".new", port_file)
held = []
while True:
    held.append(s.accept() if kind == "tcp" else s.recv(4096))
