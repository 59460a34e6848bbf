# SPDX-License-Identifier: MIT
"""Of random_ops.py: one step in the mount and in its twin, and what the mount
must answer."""
import os
import re
import stat
import time
from collections import Counter

from names import Names
from parts import (ATTRIBUTES, AWAY, BASE, NEAR, OTHER_LEVEL, PAST, READ_ONLY, SUBDIRS, VERSIONS, Attribute, Dead, Difference,
                   Helper, Registry, Slow, attempt, failed, level, mask_of)
from places import Places
from texts import Texts
from writes import Writes


class World(Writes, Names, Places, Texts):
    def __init__(self, o):
        self.mount, self.twin, self.refresh = o.mount, o.twin, o.refresh
        self.helper = Helper()
        self.registry = Registry(o.socket, o.log, o.resource)
        for d in SUBDIRS:
            os.makedirs(os.path.join(self.twin, d), exist_ok=True)
        self.attributes = {(d, n): Attribute(d, n, k) for d in SUBDIRS for n, k in ATTRIBUTES[d].items()}
        self.handles = {}
        self.listing = {}
        self.backups = {}  # twins that are an attribute's untouched content
        self.loose = set()  # twins whose content is the mount's to say
        # (directory, etag): [the document that bore it, how many own changes
        # since, the fields that others have changed since]
        self.known = {}
        self.memory = {}  # directory: the document that an editor has
        self.drafts = {}  # path below models/: "draft", "refused" or "made"
        self.state = self.registry.state()
        self.tally = Counter()  # requests by method or mask, refusals by errno
        self.exports = 0  # of the tally, when their operations were last forgotten
        self.guarded = None  # when an alias' removal was last made doubtful
        self.documents = self.registry.documents()
        self.forget()
        for d in SUBDIRS:
            self.listing[d] = {n for n in os.listdir(self.at(d)) if not n.endswith((".rejected", ".error"))}

    def at(self, d, name=""):
        return os.path.join(self.mount, d, name).rstrip("/")

    def two(self, d, name=""):
        return os.path.join(self.twin, d, name).rstrip("/")

    # ---- judgements
    def equal(self, want, got, what):
        if want != got:
            raise Difference(f"{what}: should be {want!r:.300}, is {got!r:.300}")

    def requests(self, o, what):
        """What came in at the registry since: what the outcome says; None: nothing."""
        expected = o.calls() if o else 0
        end = time.monotonic() + (1 if expected else 0)
        while len(self.registry.poll()) < expected and time.monotonic() < end:
            time.sleep(0.001)
        got, self.registry.lines = self.registry.lines, []
        self.equal(expected, len(got), f"{what}: requests {got}")
        for line in got:
            self.tally[re.sub(r".*[:=/]", "", line) if "?" in line or ":" in line else line] += 1
        for e in o.errors if o else ():
            self.tally[e] += 1
        if expected:
            self.equal(o.call, re.sub(r"\?.*", "", got[0]), f"{what}: the request")
            self.equal(o.mask, mask_of(got[0]), f"{what}: the mask")

    def read(self, path):
        fd = os.open(path, os.O_RDONLY)
        try:
            out = b""
            while part := os.read(fd, 1 << 17):
                out += part
            return out
        finally:
            os.close(fd)

    def look(self, a):
        """A new reader sees the service's value, or that the name is free."""
        path = self.at(*a.path)
        got = attempt(self.read, path)
        if a.away:
            self.in_time(a)
            self.equal("E:ENOENT", got, f"{a.name}, moved away")
            return
        if failed(got):
            raise Difference(f"reading {a.name}: {got}")
        self.same_content(a, got, f"content of {a.name}")
        self.equal(len(got), os.stat(path).st_size, f"size of {a.name}")
        if a.kept is not False:
            rejected = attempt(self.read, self.at(a.d, f".{a.name}.rejected"))
            self.equal("E:ENOENT" if a.kept is None else bytes(a.kept), rejected, f".{a.name}.rejected")
            there = os.path.lexists(self.at(a.d, f".{a.name}.error"))
            self.equal(a.kept is not None, there, f".{a.name}.error is there")

    def in_time(self, a):
        if a.away and time.monotonic() - a.away > AWAY - 1:
            raise Slow()

    def settle(self, a):
        """After what the contract leaves open: whatever the service has now."""
        self.tally["times left open"] += 1
        time.sleep(0.002)
        before = {other: self.value(other) for other in self.attributes.values() if other.kind not in ("document", "export")}
        self.state = self.registry.state()
        for other in self.attributes.values():
            if other is a or other.kind == "document" or other in before and self.value(other) != before[other]:
                other.saves = None
            other.kept = False
        if a.kind in ("document", "export"):
            a.last = False
        self.own_change()
        self.registry.poll()
        self.registry.lines.clear()
        if a.away and os.path.lexists(self.at(*a.path)):
            a.away = 0  # unlinked while a writer had it open, whose text was saved
        for d in SUBDIRS:
            for n in os.listdir(self.two(d)):
                s = os.lstat(self.two(d, n))
                if s.st_ino in self.loose and stat.S_ISREG(s.st_mode):
                    with open(self.two(d, n), "wb") as f:
                        f.write(self.read(self.at(d, n)))

    def own_change(self, mask=frozenset()):
        """The service has something else, by our doing."""
        self.documents = self.registry.documents()
        for known in self.known.values():
            known[1] += 1
            if known[2] and not known[2] - mask:
                known[1] = PAST + 1  # nothing is left of what others did
            known[2] -= mask
        for h in self.handles.values():
            h.wild = h.wild or bool(h.theirs) and not h.theirs - mask
            h.theirs -= mask

    # ---- before each sequence
    def reset(self):
        for slot in list(self.handles):
            self.drop(slot)
        self.reset_drafts()
        for a in self.attributes.values():
            self.reset_attribute(a)
        for d in SUBDIRS:
            for n in set(os.listdir(self.at(d))) - self.listing[d] - OTHER_LEVEL:
                os.unlink(self.at(d, n))
            for n in os.listdir(self.two(d)):
                if n != "versions":
                    os.unlink(self.two(d, n))
        self.reset_aliases()
        self.loose.clear()
        self.backups.clear()
        self.known.clear()
        self.memory.clear()
        if self.tally["export"] >= self.exports + 30:
            self.exports = self.tally["export"]
            self.registry.forget_operations()
        if self.registry.state() != self.base():
            self.reset_upstream()
            self.forget()
        self.state = self.base()
        self.documents = self.registry.documents()
        self.registry.poll()
        self.registry.lines.clear()

    def base(self):
        return {"displayName": BASE["displayName"], "description": "", "labels": {},
                "versions": dict.fromkeys(VERSIONS, ""), "aliases": {"default": "1"}}

    def reset_attribute(self, a):
        for _ in range(2):
            for kind in ("rejected", "error"):
                attempt(os.unlink, self.at(a.d, f".{a.name}.{kind}"))
            if a.kind == "export":  # the template, whatever was sent
                attempt(os.unlink, self.at(*a.path))
            os.close(os.open(self.at(*a.path), os.O_WRONLY | os.O_CREAT))
        a.forgive()

    def reset_upstream(self):
        r, state, base = self.registry, self.registry.state(), self.base()
        if state["aliases"]["default"] != "1":
            r.merge("1", "default")
        for alias, version in state["aliases"].items():
            if alias != "default":
                r.merge(version, "-" + alias)
        for v in set(state["versions"]) - set(VERSIONS):
            r.done(r.call("DELETE", f"/v1/{r.resource}@{v}:deleteVersion")["name"])
        for field in ("displayName", "description", "labels"):
            if state[field] != base[field]:
                r.patch("", field, base[field])
        for v in VERSIONS:
            if state["versions"][v]:
                r.patch("versions/" + v, "versionDescription", "")

    def forget(self):
        with open(self.refresh, "w") as f:
            f.write("all\n")

    def drop(self, slot):
        h = self.handles.pop(slot)
        if h.dup is not None:
            attempt(h.os.close, h.dup)
        attempt(h.os.close, h.fd)
        if h.twin is not None:
            os.close(h.twin)

    # ---- what a name is
    def kind(self, path):
        d, n = path
        if path in self.attributes:
            return "attribute"
        return "near" if n in NEAR[d] else "read-only" if n in READ_ONLY else "scratch"

    def step(self, s):
        getattr(self, "do_" + s[0])(*s[1:])

    def both(self, what, f, *pairs):
        """One call in both places; the twin's answer is what the mount's must be."""
        got = attempt(f, *(p[0] for p in pairs))
        want = attempt(f, *(p[1] for p in pairs))
        if got == "E:ENOTCONN":
            raise Dead()
        self.equal(want, got, what)
        return got

    def paths(self, path):
        return self.at(*path), self.two(*path)

    def refused(self, answer, what, *names):
        if not failed(answer) or (names and answer not in names):
            raise Difference(f"{what}: should fail{' with ' + ' or '.join(sorted(names)) if names else ''}, is {answer!r:.100}")

    # ---- looking
    def do_stat(self, path):
        kind = self.kind(path)
        if kind == "scratch":
            self.both(f"stat {path}", self.stat, self.paths(path))
            self.both(f"read {path}", self.read, self.paths(path))
        elif kind == "near":
            self.equal("E:ENOENT", attempt(os.lstat, self.at(*path)), f"stat {path}")
        elif kind == "attribute":
            self.look(self.attributes[path])

    def stat(self, path):
        s = os.lstat(path)
        return stat.S_IFMT(s.st_mode), stat.S_IMODE(s.st_mode), s.st_size

    def do_list(self, d):
        want = set(os.listdir(self.two(d))) - {"versions"} | self.listing[d]
        got = os.listdir(self.at(d))
        self.equal(len(set(got)), len(got), f"ls {d}: names twice")
        other = OTHER_LEVEL - set(ATTRIBUTES[d])
        got, want = set(got) - other, want - other
        for a in self.attributes.values():
            if a.d != d:
                continue
            self.in_time(a)
            if a.away:
                want.discard(a.name)
            for kind in ("rejected", "error"):
                name = f".{a.name}.{kind}"
                want.discard(name)
                if a.kept is False:
                    got.discard(name)
                elif a.kept is not None:
                    want.add(name)
        self.equal((set(), set()), (want - got, got - want), f"ls {d}: missing, too many")

    # ---- others
    def do_upstream(self, path, value):
        """Somebody else changes it."""
        a = self.attributes[path]
        if a.kind == "id":
            if self.value(a) == value:
                return
            self.registry.merge(value, "default")
            self.state["aliases"]["default"] = value
        else:
            self.registry.patch(a.d, a.name, value)
            self.set(a, value)
        default = self.state["aliases"]["default"]
        for (d, _), known in self.known.items():
            if a.kind == "id":
                known[1] = PAST + 1  # nothing in it that a save could write
            elif not a.d or d == a.d or not d and level(a.d) == default:
                known[2].add(a.name)  # who saves with it meets a conflict
        self.documents = self.registry.documents()
        self.forget()
        for h in self.handles.values():
            if h.attribute and h.attribute.kind == "json" and not h.attribute.d == a.d:
                h.wild = True
            elif h.attribute and h.attribute.kind == "json":
                h.theirs.add(a.name)
                h.wild = h.wild or a.kind == "id"
        self.look(a)

    def do_value(self, path, value):
        """In a known sequence: what the service must have by now."""
        self.state = self.registry.state()
        self.equal(value, self.value(self.attributes[path]), f"the registry's {path[1]}")

    def do_content(self, path, text):
        self.equal(text, attempt(self.read, self.at(*path)), f"content of {path}")

    def finish(self):
        for slot in list(self.handles):
            while slot in self.handles:
                self.do_close(slot)
        for d in SUBDIRS:
            self.do_list(d)
        for path in sorted({(d, n) for d in SUBDIRS for n in os.listdir(self.two(d))} - {("", "versions")}):
            self.do_stat(path)
        self.do_aliases()
        self.equal(self.registry.state(), self.state, "the registry's state")
        for a in self.attributes.values():
            self.look(a)
        time.sleep(0.002)
        self.requests(None, "at the end")
