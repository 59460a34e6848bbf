# SPDX-License-Identifier: MIT
"""A registry that dies, and a mount of it: with a proxy between, directly, or embedded.

The proxy kills where it stands in the way of a request; without one the moment
is a time, or a time after the registry was stopped or went on.
"""
import json
import os
import signal
import subprocess
import threading
import time

import registry

# proxy: at the first request that would change the model:
#   before     it is not handed on        sent   handed on, the registry dies a little later
#   answered   the answer is not given    cut    half of the answer is given
#   given      the whole answer is given, then it dies
#   sent502, answered502                  as above, and the proxy answers 502
# timed        some time after the save began
# stopped      the registry stands still from the beginning, then dies
# nudged       it stands still, goes on, dies a little later
MOMENTS = {
    "proxy": ("before", "sent", "answered", "cut", "given", "sent502", "answered502", "timed"),
    "direct": ("timed", "stopped", "nudged"),
    "embedded": ("timed", "stopped", "nudged"),
}


class KillingHandler(registry.Handler):
    def handle_any(self):
        try:
            self.handle_one()
        except OSError:  # there is no registry, or it died
            self.close_connection = True

    def bad_gateway(self):
        self.answer(502, b"<html>Bad gateway</html>", "text/html")

    def handle_one(self):
        place = self.server.place
        body = self.body()
        model = registry.model_of(self.path)
        moment, seconds = place.take(model) if self.command != "GET" else (None, 0)
        if moment == "before":
            place.kill()
            self.close_connection = True
            return
        up = self.hand_on(body)
        if moment in ("sent", "sent502"):
            time.sleep(seconds)
            place.kill()
        else:
            r = up.getresponse()
            data = r.read()
            if moment in ("answered", "answered502", "cut"):
                place.kill()
            if moment == "cut":
                self.send_response(r.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[:len(data) // 2])
        up.close()
        if moment in ("sent502", "answered502"):
            self.bad_gateway()
        if moment in ("sent", "answered", "cut", "sent502", "answered502"):
            self.close_connection = True
            return
        self.answer(r.status, data, r.headers.get("Content-Type", "application/json"))
        if moment == "given":
            place.kill()


class Place:
    """What Tool takes for its bench.  One save at a time."""

    def __init__(self, kind, work, location, patience):
        self.kind, self.work, self.patience = kind, work, patience
        self.mount = os.path.join(work, "m")
        self.data = os.path.join(work, "data")
        self.tmux = os.path.join(work, "tmux")
        self.location = location
        os.makedirs(self.mount)
        self.socket = os.path.join(self.data, "socket")
        self.reg = registry.Registry(self.socket, location)
        self.lock = threading.Lock()
        self.plan = None  # (model, moment, seconds)
        self.server = self.daemon = self.proxy = None
        self.killed = None  # when
        self.at_once = False  # a new one is started right after the death
        self.timers = []
        self.log = open(os.path.join(work, "place.log"), "ab")
        self.log_seen = 0

    def disarm(self):
        """A save begins; nothing has died yet."""
        self.killed, self.plan, self.timers = None, None, []
        self.log_seen = os.path.getsize(self.log.name)

    def logged(self, words):
        """The mount's lines since then that have these words."""
        with open(self.log.name, errors="replace") as f:
            f.seek(self.log_seen)
            return "".join(line for line in f if words in line)

    # ---- the registry

    def start(self, *more):
        self.server = subprocess.Popen(["modelfs", "serve", "--data", self.data, *more], stdout=self.log,
                                       stderr=self.log, stdin=subprocess.DEVNULL)

    def health(self):
        try:
            c = registry.Upstream(self.socket)
            c.request("GET", "/healthz")
            r = c.getresponse()
            health = json.loads(r.read())
            c.close()
            return health if r.status == 200 else None
        except (OSError, ValueError, registry.http.client.HTTPException):
            return None

    def within(self, what, words):
        end = time.monotonic() + self.patience
        while True:
            out = what()
            if out:
                return out
            if time.monotonic() > end:
                raise RuntimeError("not in time: " + words)
            time.sleep(0.02)

    def wait_healthy(self):
        return self.within(self.health, "the registry answers")

    def signal(self, number):
        """To the registry that serves now; False if there is none."""
        try:
            if self.kind == "embedded":
                os.kill(self.pid, number)
            elif self.server.poll() is None:
                self.server.send_signal(number)
            else:
                return False
        except ProcessLookupError:
            return False
        return True

    def kill(self):
        with self.lock:
            if self.killed:
                return
            self.killed = time.monotonic()
            self.signal(signal.SIGKILL)
            if self.kind != "embedded":
                self.server.wait()
                if self.at_once:
                    self.start()

    # ---- one death

    def take(self, model):
        with self.lock:
            if self.plan and self.plan[0] == model and self.plan[1] in MOMENTS["proxy"][:-1]:
                plan, self.plan = self.plan, None
                return plan[1:]
        return None, 0

    def after(self, seconds, what):
        t = threading.Timer(seconds, what)
        t.daemon = True
        self.timers.append(t)
        t.start()

    def arm(self, model, moment, seconds, more, at_once):
        """From now on the registry dies at that moment."""
        self.at_once = at_once
        self.plan = (model, moment, seconds)
        if moment == "timed":
            self.after(seconds, self.kill)
        if moment in ("stopped", "nudged"):
            self.signal(signal.SIGSTOP)
        if moment == "stopped":
            self.after(seconds, self.kill)
        if moment == "nudged":
            def nudge():
                self.signal(signal.SIGCONT)
                time.sleep(more)
                self.kill()
            self.after(seconds, nudge)

    def over(self):
        """The tool has ended: what has not died dies now, and there is a registry again."""
        idle = self.plan is not None and self.plan[1] in MOMENTS["proxy"][:-1]
        self.plan = None
        for t in self.timers:
            t.join()
        self.kill()
        if self.kind == "embedded":
            old = self.pid
            self.pid = self.within(lambda: (self.health() or {}).get("pid", old) != old and self.health(),
                                   "the mount starts its registry again")["pid"]
        else:
            if self.server.poll() is not None:
                self.start()
            self.wait_healthy()
        return idle

    # ---- all of it

    def begin(self, prepare):
        self.start()
        self.wait_healthy()
        prepare(self)
        where = "data=" + self.data
        if self.kind == "embedded":
            self.server.terminate()
            self.server.wait()
        elif self.kind == "direct":
            where = "endpoint=unix:" + self.socket
        else:
            self.proxy = registry.start_proxy(os.path.join(self.work, "proxy"), self.socket, KillingHandler)
            self.proxy.place = self
            where = "endpoint=unix:" + os.path.join(self.work, "proxy")
        self.daemon = subprocess.Popen(
            ["modelfs", "mount", "vertex/" + self.location, self.mount, "-f", "-o", where + ",ttl=600,qps=1000"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        self.within(lambda: os.path.exists(os.path.join(self.mount, ".modelfs")), "the mount answers")
        self.pid = self.wait_healthy()["pid"]

    def close(self):
        if self.daemon:
            subprocess.run(["modelfs", "unmount", self.mount], stdout=self.log, stderr=self.log, timeout=self.patience)
            if self.daemon.wait(self.patience):
                raise RuntimeError("the mount ended with %d" % self.daemon.returncode)
        if self.server and self.server.poll() is None:
            self.server.terminate()
            self.server.wait(self.patience)
        self.log.close()
