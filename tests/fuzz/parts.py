# SPDX-License-Identifier: MIT
"""Of random_ops.py: the names and texts that it plays with, what a text means
by the contract, and the registry's side of it."""
import ctypes
import errno
import http.client
import json
import os
import socket

FILE_MAX = 1 << 20
AWAY = 5.0  # seconds after which an attribute that was moved away is back
NOREPLACE = 1

SCRATCH = ["a", "b", ".d.swp", "n~", "#h", "4913", "displayName.tmp", "description~"]
NEAR = {"": ["Descriptio", "displayname", "label.json"], "versions/1": ["versionDescriptio", "displayname", "label.json"]}
READ_ONLY = ["createTime", "etag"]
SUBDIRS = ["", "versions/1"]
ATTRIBUTES = {
    "": {"displayName": "line", "description": "text", "labels.json": "json"},
    "versions/1": {"versionDescription": "text"},
}
FIELD = {"labels.json": "labels"}
OTHER_LEVEL = {"description", "versionDescription"}  # shown, read-only, where it is not empty
BASE = {"displayName": "eye-detector", "description": "", "versionDescription": "", "labels": {}}

PIECES = {
    "line": [b"one\n", b"two\n", b"three", b"x", b"\n", b" ", "gr\u00fcn\n".encode(), b"a\nb\n", b"y" * 129 + b"\n", b"\0"],
    "text": [b"one\n", b"two\n", b"first\nsecond\n", b"part", b"\n", b"z" * 9000 + b"\n", "\u00e4\n".encode(), b"\xff\n"],
    "json": [b'{"a":"b"}', b'{"a":"c","k":"v"}\n', b'{"a":', b'"b"}', b'{}', b"\n", b"nonsense\n", b"[]\n", b'{"a":"UPPER"}\n', b"}"],
    "scratch": [b"hello\n", b"x", b"0123456789" * 700, b"\0\0\0", b"line\nline\n", b'{"a":"b"}\n', b"one\n", b"", b"w" * 70000],
}

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


class Registry:
    def __init__(self, sock, log, resource):
        self.http = Unix(sock)
        self.resource = resource
        self.log = open(log, "rb")
        self.rest = b""
        self.own = 0
        self.changing = 0
        self.poll()

    def call(self, verb, path, body=None):
        self.http.request(verb, path, body and json.dumps(body), {"Content-Type": "application/json"} if body else {})
        a = self.http.getresponse()
        doc = json.loads(a.read())
        if a.status != 200:
            raise SystemExit(f"{verb} {path}: {doc}")
        return doc

    def where(self, d):
        return f"/v1/{self.resource}" + ("@1" if d else "")

    def value(self, d, name):
        field = FIELD.get(name, name)
        return self.call("GET", self.where(d)).get(field, {} if field == "labels" else "")

    def patch(self, d, name, value):
        field = FIELD.get(name, name)
        self.own += 1
        self.call("PATCH", f"{self.where(d)}?updateMask={field}", {field: value})

    def poll(self):
        """How many changing requests came in that are not ours."""
        self.rest += self.log.read()
        lines = self.rest.split(b"\n")
        self.rest = lines.pop()
        self.changing += sum(1 for l in lines if b'"verb":"GET"' not in l)
        return self.changing - self.own


# ---- texts: what they are, and what they mean
def verdict(kind, text):
    """complete, unfinished or impossible, as a text from which more may follow."""
    if kind == "json":
        s = text.lstrip(b" \t\r\n")
        if not s:
            return "unfinished"
        if not s.startswith(b"{"):
            return "impossible"
        try:
            json.loads(text)
            return "complete"
        except UnicodeDecodeError:
            return "impossible"
        except json.JSONDecodeError as e:
            cut = e.pos >= len(text.rstrip()) or e.msg.startswith("Unterminated")
            return "unfinished" if cut else "impossible"
    if b"\0" in text:
        return "impossible"
    try:
        text.decode()
    except UnicodeDecodeError:
        return "impossible"
    if kind == "line":
        line, newline, rest = text.partition(b"\n")
        if not newline:
            return "unfinished"
        return "impossible" if rest.strip(b" \t\r\n") else "complete"
    return "complete" if text.endswith(b"\n") else "unfinished"


def meaning(kind, text):
    """The value, or None: refused."""
    if kind == "json":
        value = json.loads(text)
        ok = all(isinstance(v, str) and not any(c.isupper() for c in v) for v in value.values())
        return value if ok else None
    value = text.split(b"\n")[0] if kind == "line" else text[:-1] if text.endswith(b"\n") else text
    value = value.decode()
    if kind == "line" and not 1 <= len(value) <= 128:
        return None
    return value


def shown(value):
    if isinstance(value, dict):
        return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
    return value.encode() + b"\n" if value else b""


def bare(text):
    return bytes(text).rstrip(b" \t\r\n")


def same(kind, a, b):
    if bare(a) == bare(b):
        return True
    if kind != "json":
        return False
    try:
        return json.loads(bytes(a)) == json.loads(bytes(b))
    except ValueError:
        return False


class Attribute:
    def __init__(self, d, name, kind):
        self.d, self.name, self.kind = d, name, kind
        self.value = None
        self.away = 0  # when it was moved away
        self.saves = 0  # accepted from this mount; None: who knows
        self.kept = None  # the refused text; False: whatever


class Handle:
    """An open file: of a scratch file two descriptors, of an attribute one and
    the model of its text."""

    def __init__(self, fd, twin=None, attribute=None, flags=0, text=b""):
        self.fd, self.twin, self.attribute, self.flags = fd, twin, attribute, flags
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
        self.pos = 0

    def writable(self):
        return self.flags & os.O_ACCMODE != os.O_RDONLY

    def padded(self):
        return self.base and self.low >= len(self.base) and bytes(self.text).startswith(self.base) and not bare(
            self.text[len(self.base):])
