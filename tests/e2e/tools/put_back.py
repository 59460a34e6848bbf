#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""put_back.py copy|rename FILE OLD NEW [OLD NEW...]: save as vim does, with a
backup that is put back after a refusal; prints OK or the errno's name."""
import errno
import os
import sys

how, path, *words = sys.argv[1:]
backup = path + "~"
with open(path) as f:
    old = f.read()
new = old
for a, b in zip(words[::2], words[1::2]):
    new = new.replace(a, b)
if how == "rename":
    os.rename(path, backup)
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
said = "OK"
try:
    os.write(fd, new.encode())
    os.fsync(fd)
except OSError as e:
    said = errno.errorcode[e.errno]
try:
    os.close(fd)
except OSError:
    pass
if said != "OK":
    if how == "rename":
        os.unlink(path)
        os.rename(backup, path)
    else:
        with open(path, "w") as f:
            f.write(old)
print(said)
