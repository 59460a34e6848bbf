#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""poll_status.py STATUS-FILE: prints each status, waiting with poll(POLLPRI) between them."""
import os
import select
import sys

fd = os.open(sys.argv[1], os.O_RDONLY)
seen = [os.pread(fd, 100, 0).decode().strip()]
p = select.poll()
p.register(fd, select.POLLPRI | select.POLLERR)
while seen[-1] == "RUNNING":
    events = p.poll(20000)
    if not events:
        sys.exit("nothing in 20 s")
    now = os.pread(fd, 100, 0).decode().strip()
    if now != seen[-1]:
        seen.append(now)
print(*seen)
