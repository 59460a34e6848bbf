# SPDX-License-Identifier: MIT
"""Of random_ops.py: the names that it plays with, the registry's side, open
files, and a second process."""
import ctypes
import errno
import http.client
import json
import os
import pickle
import re
import socket
import time

FILE_MAX = 1 << 20
AWAY = 5.0  # seconds after which an attribute that was moved away is back
NOREPLACE, EXCHANGE = 1, 2
PAST = 6  # own changes after which an etag may be forgotten

SCRATCH = ["a", "b", ".d.swp", "n~", "#h", "4913", "displayName.tmp", "description~"]
NEAR = {"": ["Descriptio", "displayname", "label.json", "exports.json"],
        "versions/1": ["versionDescriptio", "displayname", "model.jsn"],
        "versions/2": ["defualt", "displayname", "versiondescription"]}
READ_ONLY = ["createTime", "etag"]
SUBDIRS = ["", "versions/1", "versions/2"]
ATTRIBUTES = {
    "": {"displayName": "line", "description": "text", "labels.json": "json", "model.json": "document",
         "default": "id", "export.json": "export"},
    "versions/1": {"versionDescription": "text", "model.json": "document", "default": "flag", "export.json": "export"},
    "versions/2": {"versionDescription": "text", "default": "flag"},
}
FIELD = {"labels.json": "labels"}
JSON = ("json", "document", "export")
# Shown where they are not empty, and not what a version's or model's own.
OTHER_LEVEL = {"description", "versionDescription", "versionAliases.json"}
VERSIONS = ("1", "2", "3")
BASE = {"displayName": "eye-detector", "description": "", "labels": {}, "versionDescription": ""}

libc = ctypes.CDLL(None, use_errno=True)


def renameat2(old, new, flags):
    if libc.renameat2(-100, os.fsencode(old), -100, os.fsencode(new), flags):
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))


def attempt(f, *a):
    """What a call answers: its value, or the errno's name."""
    try:
        return f(*a)
    except OSError as e:
        return "E:" + errno.errorcode.get(e.errno, str(e.errno))


def failed(answer):
    return isinstance(answer, str) and answer.startswith("E:")


class Difference(Exception):
    pass


class Slow(Exception):
    """The machine was too slow for what depends on the time."""


class Dead(Exception):
    """The mount is gone."""


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("registry", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def level(d):
    """The version that a directory shows; None: the model."""
    return d.partition("/")[2] or None


class Registry:
    def __init__(self, sock, log, resource):
        self.http = Unix(sock)
        self.resource = resource
        self.place = resource.partition("/models/")[0]
        self.log = open(log, "rb")
        self.rest = b""
        self.lines = []  # changing requests that are not ours, and not judged yet
        self.poll()
        self.lines.clear()

    def call(self, verb, path, body=None):
        self.http.request(verb, path, body and json.dumps(body), {"Content-Type": "application/json"} if body else {})
        a = self.http.getresponse()
        doc = json.loads(a.read())
        if a.status != 200:
            raise SystemExit(f"{verb} {path}: {doc}")
        if verb != "GET":  # the log's line of it is not for requests()
            end = time.monotonic() + 10
            while f"{verb} {path}" not in self.poll() and time.monotonic() < end:
                time.sleep(0.001)
            self.lines.remove(f"{verb} {path}")
        return doc

    def where(self, d):
        return f"/v1/{self.resource}" + (f"@{level(d)}" if d else "")

    def versions(self):
        return self.call("GET", f"/v1/{self.resource}:listVersions?pageSize=100")["models"]

    def documents(self):
        """What model.json shows, in the model's directory and in version 1's."""
        return {"": self.call("GET", self.where("")),
                "versions/1": next(m for m in self.versions() if m["versionId"] == "1")}

    def state(self):
        """What the service has, in the model's words."""
        all_ = self.versions()
        first = all_[0]
        return {"displayName": first["displayName"], "description": first.get("description", ""),
                "labels": first.get("labels", {}),
                "versions": {m["versionId"]: m.get("versionDescription", "") for m in all_},
                "aliases": {a: m["versionId"] for m in all_ for a in m.get("versionAliases", [])}}

    def patch(self, d, field, value):
        self.call("PATCH", f"{self.where(d)}?updateMask={field}", {field: value})

    def merge(self, version, *aliases):
        self.call("POST", f"/v1/{self.resource}@{version}:mergeVersionAliases", {"versionAliases": list(aliases)})

    def done(self, operation):
        end = time.monotonic() + 20
        while not (doc := self.call("GET", f"/v1/{operation}")).get("done"):
            if time.monotonic() > end:
                raise Slow()
            time.sleep(0.002)
        return doc

    def forget_operations(self):
        for o in self.call("GET", f"/v1/{self.resource}/operations?pageSize=100").get("operations", []):
            self.done(o["name"])
            self.call("DELETE", "/v1/" + o["name"])

    def poll(self):
        """The changing requests, `VERB PATH`, that came in and were not judged."""
        self.rest += self.log.read()
        lines = self.rest.split(b"\n")
        self.rest = lines.pop()
        for l in lines:
            if b'"verb":"GET"' not in l:
                l = json.loads(l)
                query = l.get("query", "")
                self.lines.append(f"{l['verb']} {l['path']}" + (query and "?" + query))
        return self.lines


class Helper:
    """A second process that makes calls for us, with files of its own."""

    def __init__(self):
        here, there = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            here.close()
            self.serve(there)
        there.close()
        self.to = here.makefile("rwb")

    def serve(self, sock):
        try:
            with sock.makefile("rwb") as f:
                while True:
                    name, args = pickle.load(f)
                    try:
                        answer = getattr(os, name)(*args)
                    except OSError as e:
                        answer = e
                    pickle.dump(answer, f)
                    f.flush()
        finally:
            os._exit(0)

    def __getattr__(self, name):
        def call(*args):
            pickle.dump((name, args), self.to)
            self.to.flush()
            answer = pickle.load(self.to)
            if isinstance(answer, OSError):
                raise answer
            return answer
        return call

    def end(self):
        self.to.close()
        os.waitpid(self.pid, 0)


class Attribute:
    def __init__(self, d, name, kind):
        self.d, self.name, self.kind = d, name, kind
        self.path = d, name
        self.forgive()

    def forgive(self):
        self.away = 0  # when it was moved away
        self.saves = 0  # accepted from this mount; None: who knows
        self.kept = None  # the refused text; False: whatever
        # Exports: the configuration sent last.  Documents: the one saved last,
        # and by whom.  False: who knows.
        self.last = None
        self.befores = set()  # what was shown when a text was judged


class Handle:
    """An open file: of a scratch file two descriptors, of an attribute one and
    the model of its text."""

    def __init__(self, fd, twin=None, attribute=None, flags=0, text=b"", calls=os):
        self.fd, self.twin, self.attribute, self.flags = fd, twin, attribute, flags
        self.os = calls  # the process that has it
        self.dup = None  # another descriptor of it
        self.wild = False
        self.onto = None  # the attribute that the scratch file became
        self.text = bytearray(text)
        self.fresh = self.linear = not text
        self.base = bare(text)
        self.low = 1 << 30
        self.dirty = False
        self.told = False  # this very text was refused
        self.pending = False  # … by the last write
        self.done = self.refused = None
        self.errors = ()  # … with one of these
        self.pos = 0
        self.stood = None  # a field's JSON: what it was at open …
        self.saved = False  # … until this handle itself saved something
        self.theirs = set()  # fields that others have changed since it was opened

    def some(self):
        """A descriptor to work with: the newer one."""
        return self.fd if self.dup is None else self.dup

    def writable(self):
        return self.flags & os.O_ACCMODE != os.O_RDONLY

    def padded(self):
        return self.base and self.low >= len(self.base) and bytes(self.text).startswith(self.base) and not bare(
            self.text[len(self.base):])


def bare(text):
    return bytes(text).rstrip(b" \t\r\n")


def mask_of(line):
    """The fields of a request's updateMask."""
    found = re.search(r"[?&]updateMask=([^& ]*)", line)
    return set(found.group(1).replace("%2C", ",").split(",")) if found else set()
