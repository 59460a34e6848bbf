#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One system call (or a short row of them); prints OK or the errno's name.

sys.py open|read|stat|list|readlink|rmdir|unlink|mkdir|statfs PATH
sys.py write PATH TEXT     open O_WRONLY|O_TRUNC, write; the write's answer
sys.py close PATH TEXT     the same; the first answer that is no success, close included
sys.py fsync PATH TEXT     O_TRUNC, write, fsync; the first that is no success
sys.py append PATH TEXT    O_APPEND, write, close
sys.py rename OLD NEW      rename(2)
sys.py exchange A B        renameat2(2) with RENAME_EXCHANGE
sys.py symlink TARGET NEW
sys.py setxattr PATH NAME VALUE
"""
import ctypes
import errno
import os
import sys


def all_of(fd, text, steps):
    try:
        data = text.encode()
        while data:
            data = data[os.write(fd, data):]
        if "fsync" in steps:
            os.fsync(fd)
    except OSError:
        try:
            os.close(fd)
        except OSError:
            pass
        raise
    if "close" in steps:
        os.close(fd)
    else:
        try:
            os.close(fd)
        except OSError:
            pass


def exchange(a, b):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, os.fsencode(a), -100, os.fsencode(b), 2):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def main(op, *a):
    if op == "open":
        os.close(os.open(a[0], os.O_RDONLY))
    elif op == "read":
        fd = os.open(a[0], os.O_RDONLY)
        while os.read(fd, 65536):
            pass
    elif op == "write":
        all_of(os.open(a[0], os.O_WRONLY | os.O_TRUNC), a[1], ())
    elif op == "close":
        all_of(os.open(a[0], os.O_WRONLY | os.O_TRUNC), a[1], ("close",))
    elif op == "fsync":
        all_of(os.open(a[0], os.O_WRONLY | os.O_TRUNC), a[1], ("fsync",))
    elif op == "create":
        all_of(os.open(a[0], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), a[1], ("close",))
    elif op == "append":
        all_of(os.open(a[0], os.O_WRONLY | os.O_APPEND), a[1], ("close",))
    elif op == "list":
        os.listdir(a[0])
    else:
        {
            "stat": os.lstat,
            "readlink": os.readlink,
            "rmdir": os.rmdir,
            "unlink": os.unlink,
            "mkdir": os.mkdir,
            "statfs": os.statvfs,
            "rename": os.rename,
            "exchange": exchange,
            "symlink": os.symlink,
            "setxattr": lambda p, n, v: os.setxattr(p, n, v.encode()),
        }[op](*a)


try:
    main(*sys.argv[1:])
    print("OK")
except OSError as e:
    # Linux has one number for these two
    print(errno.errorcode.get(e.errno, str(e.errno)).replace("ENOTSUP", "EOPNOTSUPP"))
