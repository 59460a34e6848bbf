#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bulk.py SOCKET COUNT: uploads COUNT models m00000… into demo/us-central1, several at a time."""
import http.client
import json
import socket
import sys
import threading


class Registry(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])


def upload(numbers):
    c = Registry("registry", timeout=60)
    for n in numbers:
        body = json.dumps({"modelId": f"m{n:05}", "model": {
            "displayName": f"model {n}", "labels": {"shelf": str(n % 100)},
            "containerSpec": {"imageUri": "gcr.io/demo/server:1"}}})
        c.request("POST", "/v1/projects/demo/locations/us-central1/models:upload", body,
                  {"Content-Type": "application/json"})
        r = c.getresponse()
        answer = r.read()
        if r.status != 200:
            failed.append(answer)
            return


count, failed = int(sys.argv[2]), []
threads = [threading.Thread(target=upload, args=(range(i, count, 8),)) for i in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
if failed:
    sys.exit(failed[0].decode())
