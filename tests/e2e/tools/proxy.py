#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""proxy.py SOCKET MODE-FILE PORT-FILE [PEM]: an HTTP server on loopback before a registry.

What it does with each request stands in MODE-FILE, read anew every time:

pass            hands it on, and the answer back
mute REGEX      says nothing to a request whose path matches (MODE-FILE.mute is there
                then); hands on the rest
future          adds two fields and an enum value that no table knows to every model
status N REGEX  answers N with Google's envelope where the path matches
html            answers 200 with a page that is no JSON
running         hides the end of every operation: it runs on and on
gone REGEX      closes the connection without a word, and the server hears nothing
drop REGEX      closes the connection without a word, after the server has acted
cut REGEX       the same, in the middle of the answer
lost N REGEX    answers N without an envelope, after the server has acted
"""
import http.client
import http.server
import json
import os
import re
import socket
import ssl
import sys
import time

SOCKET, MODE, PORT = sys.argv[1:4]
NAMES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
         429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE"}


class Upstream(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


def mode():
    with open(MODE) as f:
        return f.read().split()


def tomorrow(v):
    """Every model in an answer gets what the API may have one day."""
    if isinstance(v, dict):
        if "displayName" in v and "versionId" in v:
            v["futureField"] = "tomorrow"
            v["futureObject"] = {"deep": [1, 2.5, "x"]}
            v.setdefault("supportedDeploymentResourcesTypes", []).append("QUANTUM_RESOURCES")
        for x in v.values():
            tomorrow(x)
    elif isinstance(v, list):
        for x in v:
            tomorrow(x)
    return v


def running(v):
    """No operation in an answer has ended yet."""
    if isinstance(v, dict):
        if "/operations/" in str(v.get("name", "")):
            for key in ("done", "response", "error"):
                v.pop(key, None)
        for x in v.values():
            running(x)
    elif isinstance(v, list):
        for x in v:
            running(x)
    return v


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        m = mode()
        hit = len(m) > 1 and re.search(m[-1], self.path)
        if m[0] == "mute" and hit:
            open(MODE + ".mute", "w").close()
            while mode()[0] == "mute":
                time.sleep(0.1)
            self.close_connection = True
            return
        if m[0] == "status" and hit:
            code = int(m[1])
            self.answer(code, json.dumps({"error": {
                "code": code, "message": "The proxy says so.", "status": NAMES[code]}}).encode())
            return
        if m[0] == "html":
            self.answer(200, b"<html><body>Please sign in to the network.</body></html>", "text/html")
            return
        if m[0] == "gone" and hit:
            self.close_connection = True
            return
        up = Upstream("registry")
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        up.request(self.command, self.path, body or None, headers)
        r = up.getresponse()
        data = r.read()
        if m[0] == "drop" and hit:
            self.close_connection = True
            return
        if m[0] == "cut" and hit:
            self.send_response(r.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:len(data) // 2])
            self.close_connection = True
            return
        if m[0] == "lost" and hit:
            self.answer(int(m[1]), b"<html>Bad gateway</html>", "text/html")
            return
        if m[0] == "future":
            data = json.dumps(tomorrow(json.loads(data))).encode()
        if m[0] == "running" and data:
            data = json.dumps(running(json.loads(data))).encode()
        self.answer(r.status, data, r.headers.get("Content-Type", "application/json"))

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 4:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[4])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(PORT + ".new", "w") as f:
    f.write(str(server.server_port))
os.rename(PORT + ".new", PORT)
server.serve_forever()
