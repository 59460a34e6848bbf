# SPDX-License-Identifier: MIT
"""What stands between the mount and its registry: every request is handed on,
those that change something are counted by model, and are refused where asked."""
import http.client
import http.server
import json
import os
import re
import socket
import socketserver
import threading


class Upstream(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("registry", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Registry:
    """The registry itself, asked behind the mount's back: somebody else."""

    def __init__(self, path, location):
        self.path, self.location = path, location

    def call(self, verb, path, body=None):
        c = Upstream(self.path)
        c.request(verb, "/v1/" + path, None if body is None else json.dumps(body),
                  {"Content-Type": "application/json"})
        r = c.getresponse()
        answer = json.loads(r.read() or b"{}")
        c.close()
        if r.status >= 400:
            raise RuntimeError("%s %s: %s" % (verb, path, answer))
        return answer

    def make(self, model, name, **more):
        self.call("POST", self.location + "/models:upload", {"modelId": model, "model": dict({
            "displayName": name, "description": "As it was.",
            "containerSpec": {"imageUri": "gcr.io/demo/server:1"}, "labels": {"team": "a"}}, **more)})

    def get(self, model):
        return self.call("GET", "%s/models/%s" % (self.location, model))

    def patch(self, model, **fields):
        self.call("PATCH", "%s/models/%s?updateMask=%s" % (self.location, model, ",".join(fields)), fields)


def model_of(path):
    m = re.search(r"/models/([^/:@?]+)", path)
    return m.group(1) if m else ""


class Proxy(socketserver.ThreadingMixIn, http.server.HTTPServer):
    address_family = socket.AF_UNIX
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path, upstream, handler):
        self.upstream = upstream
        self.lock = threading.Lock()
        self.changes = {}  # model: the requests that would change it
        self.refusing = set()
        super().__init__(path, handler)
        os.chmod(path, 0o600)

    def server_bind(self):
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "proxy", 0

    def get_request(self):
        s, _ = self.socket.accept()
        return s, ("local", 0)

    def refuses(self, verb, path):
        if verb == "GET":
            return False
        model = model_of(path)
        with self.lock:
            self.changes.setdefault(model, []).append(verb + " " + path)
            return model in self.refusing

    def count(self, model):
        with self.lock:
            return list(self.changes.get(model, []))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def hand_on(self, body):
        """The registry's connection, which has the request."""
        up = Upstream(self.server.upstream)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        up.request(self.command, self.path, body or None, headers)
        return up

    def handle_any(self):
        body = self.body()
        if self.server.refuses(self.command, self.path):
            self.answer(403, json.dumps({"error": {
                "code": 403, "status": "PERMISSION_DENIED",
                "message": "You may not change this model today."}}).encode())
            return
        up = self.hand_on(body)
        r = up.getresponse()
        self.answer(r.status, r.read(), r.headers.get("Content-Type", "application/json"))
        up.close()

    def do_any(self):
        self.handle_any()

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do_any

    def log_message(self, *args):
        pass


def start_proxy(path, upstream, handler=Handler):
    proxy = Proxy(path, upstream, handler)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    return proxy
