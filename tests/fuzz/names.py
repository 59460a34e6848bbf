# SPDX-License-Identifier: MIT
"""Of random_ops.py: names made, moved, linked and removed in the directories
that have attributes."""
import json
import os
import stat
import time

from parts import EXCHANGE, JSON, attempt, failed, renameat2
from texts import Outcome, verdict
from writes import told


class Names:
    """Of the World: the steps that have paths."""

    def vanish(self, path):
        """Handles of an attribute whose name goes elsewhere."""
        for h in self.handles.values():
            if h.attribute and h.attribute.path == path:
                h.wild = True

    def do_unlink(self, path):
        kind, what = self.kind(path), f"unlink {path}"
        if kind == "scratch":
            self.both(what, os.unlink, self.paths(path))
            return
        self.guarded = time.monotonic()
        got = attempt(os.unlink, self.at(*path))
        if kind == "near":
            self.equal("E:ENOENT", got, what)
        elif kind == "read-only":
            self.equal("E:EPERM", got, what)
        else:
            a = self.attributes[path]
            self.in_time(a)
            self.equal("E:ENOENT" if a.away else None, got, what)
            if a.kind == "export" and not a.away:
                a.last = None
            a.away = a.away or time.monotonic()
            self.vanish(path)
            self.requests(None, what)
            self.look(a)

    def twin_file(self, path, text):
        """A file in the twin as the mount made one from an attribute."""
        attempt(os.unlink, self.two(*path))
        fd = os.open(self.two(*path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(fd, text)
        os.fchmod(fd, 0o644)
        os.close(fd)

    def do_rename(self, old, new, flags):
        what = f"rename {old} {new} {flags}"
        kinds = self.kind(old), self.kind(new)
        if kinds == ("scratch", "scratch"):
            self.both(what, lambda a, b: renameat2(a, b, flags), self.paths(old), self.paths(new))
            return
        source = attempt(os.lstat, self.at(*old))
        target = attempt(os.lstat, self.at(*new))
        a = self.attributes.get(new)
        for name in (old, new):
            if name in self.attributes:
                self.in_time(self.attributes[name])
        got = attempt(renameat2, self.at(*old), self.at(*new), flags)
        if failed(source):
            self.equal(source, got, what)
        elif flags == EXCHANGE:
            self.exchanged(old, new, source, target, got, what)
        elif flags and not failed(target):
            self.equal("E:EEXIST", got, what)
        elif kinds[1] == "near":
            self.refused(got, what, "E:ENOENT", *(["E:EPERM"] if kinds[0] == "read-only" else []))
        elif old == new:
            self.equal(None, got, what)
        elif got is None and kinds == ("scratch", "read-only") and os.stat(self.two(*old)).st_ino in self.backups:
            os.unlink(self.two(*old))  # what was linked from there comes back
        elif kinds[1] == "read-only" or kinds[0] == "read-only":
            self.equal("E:EPERM", got, what)
        elif kinds[0] == "attribute":
            self.moved(self.attributes[old], new, got, what)
        else:
            self.replaced(old, a, source, got, what)

    def exchanged(self, old, new, source, target, got, what):
        """A save that leaves the attribute's old text under the scratch file's name."""
        kinds = self.kind(old), self.kind(new)
        if failed(target):
            self.equal(target, got, what)
        elif old == new:
            self.equal(None, got, what)
        elif sorted(kinds) != ["attribute", "scratch"]:
            self.refused(got, what, "E:EPERM")
        elif kinds[0] == "scratch":
            self.kept_aside(old, self.attributes[new], source, got, what)
        else:
            self.kept_aside(new, self.attributes[old], target, got, what)

    def kept_aside(self, scratch, a, source, got, what):
        content = self.content(a)
        loose = False
        for h in self.handles.values():
            loose = loose or h.writable() and a in (h.attribute, h.onto)
        self.replaced(scratch, a, source, got, what, True)
        if got is not None:
            return
        text = self.read(self.at(*scratch))
        if content is not None:
            self.equal(content, json.loads(text) if a.kind in JSON else text, f"{what}: the old text")
        self.twin_file(scratch, text)
        if loose:
            self.loose.add(os.stat(self.two(*scratch)).st_ino)
        self.do_stat(scratch)

    def moved(self, a, new, got, what):
        """An attribute to a scratch name: a backup."""
        if new in self.attributes:
            self.refused(got, what)
            return
        self.equal(None, got, what)
        text = self.read(self.at(*new))
        self.same_content(a, text, what + ": text")
        self.twin_file(new, text)
        self.backups[os.stat(self.two(*new)).st_ino] = a, a.saves
        self.loose.discard(os.stat(self.two(*new)).st_ino)
        a.away = time.monotonic()
        if any(a in (h.attribute, h.onto) and h.writable() for h in self.handles.values()):
            self.loose.add(os.stat(self.two(*new)).st_ino)
        self.vanish(a.path)
        self.requests(None, what)
        self.look(a)
        self.do_stat(new)

    def meant(self, old, a):
        """What a scratch file's text means as the attribute's."""
        text = self.read(self.two(*old))
        if verdict(a.kind, text, True) == "impossible":
            return text, Outcome(["EINVAL"])
        backup = self.backups.get(os.stat(self.two(*old)).st_ino, (None, None))[0] is a
        return text, self.judge(a, text, os, backup)

    def replaced(self, old, a, source, got, what, exchange=False):
        """A scratch file onto an attribute: a save."""
        if not stat.S_ISREG(source.st_mode):
            self.refused(got, what)
            return
        if os.stat(self.two(*old)).st_ino in self.loose:
            if got is None:
                self.became(old, a)
            self.settle(a)
            self.look(a)
            return
        if self.returned(old, a, got, what):
            return
        text, o = self.meant(old, a)
        if o.open:
            if got is None:
                self.became(old, a)
            self.settle(a)
            return
        what = f"{what} with {text!r:.80}"
        if o.errors:
            self.refused(got, what, *told("rename", o.errors))
            self.requests(None, what)
            a.kept = text
            a.befores.clear()
            self.do_stat(old)
            self.look(a)
            return
        self.equal(None, got, what)
        self.requests(o, what)
        self.became(old, a)
        self.accepted(a, o)
        self.look(a)
        if not exchange:
            self.do_stat(old)

    def became(self, old, a):
        ino = os.stat(self.two(*old)).st_ino
        for h in self.handles.values():
            if h.twin is not None and os.fstat(h.twin).st_ino == ino:
                h.wild, h.onto = True, a
        os.unlink(self.two(*old))
        self.vanish(a.path)
        a.away = 0

    def returned(self, old, a, got, what):
        """A backup comes back: no save, if nothing was saved meanwhile."""
        of, saves = self.backups.get(os.stat(self.two(*old)).st_ino, (None, None))
        if of is not a or saves != a.saves and None not in (saves, a.saves):
            return False
        if None in (saves, a.saves) and a.kind in ("document", "export"):
            if got is None:
                self.became(old, a)
        else:
            self.equal(None, got, what)
            if None not in (saves, a.saves):
                self.requests(None, what)
            self.became(old, a)
        last = a.last
        self.settle(a)
        if None not in (saves, a.saves):
            a.last = last
        self.look(a)
        return True

    def do_link(self, old, new):
        what, kinds = f"link {old} {new}", (self.kind(old), self.kind(new))
        source = attempt(os.lstat, self.at(*old))
        target = attempt(os.lstat, self.at(*new))
        got = attempt(lambda: os.link(self.at(*old), self.at(*new), follow_symlinks=False))
        if failed(source):
            self.equal(source, got, what)
        elif not failed(target):
            self.equal("E:EEXIST", got, what)
        elif kinds[1] == "near":
            self.equal("E:ENOENT", got, what)
        elif kinds[1] != "scratch":
            self.refused(got, what)
        elif kinds[0] == "scratch":  # a link is a copy here
            self.equal(None, got, what)
            if stat.S_ISLNK(source.st_mode):
                os.symlink(os.readlink(self.two(*old)), self.two(*new))
            else:
                self.twin_file(new, self.read(self.two(*old)))
                os.chmod(self.two(*new), stat.S_IMODE(source.st_mode))
            self.do_stat(new)
        else:
            self.equal(None, got, what)
            text = self.read(self.at(*old))
            self.twin_file(new, text)
            self.backups[os.stat(self.two(*new)).st_ino] = self.attributes.get(old), None
            self.do_stat(new)

    def do_symlink(self, target, new):
        what = f"symlink {target} {new}"
        if self.kind(new) == "scratch":
            self.both(what, os.symlink, (target, target), self.paths(new))
            self.do_readlink(new)
            return
        there = os.path.lexists(self.at(*new))
        got = attempt(os.symlink, target, self.at(*new))
        self.refused(got, what, *(["E:EEXIST"] if there else ["E:ENOENT"] if self.kind(new) == "near" else []))

    def do_readlink(self, path):
        if self.kind(path) == "scratch":
            self.both(f"readlink {path}", os.readlink, self.paths(path))
        else:
            self.refused(attempt(os.readlink, self.at(*path)), f"readlink {path}", "E:EINVAL", "E:ENOENT")

    def do_mkdir(self, path):
        there = os.path.lexists(self.at(*path))
        self.refused(attempt(os.mkdir, self.at(*path)), f"mkdir {path}", *(["E:EEXIST"] if there else []))
        self.equal(there, os.path.lexists(self.at(*path)), f"{path} after mkdir")

    def do_chmod(self, path, mode):
        if self.kind(path) == "scratch":
            self.both(f"chmod {path}", os.chmod, self.paths(path), (mode, mode))
        elif self.kind(path) == "attribute":
            attempt(os.chmod, self.at(*path), mode)
            self.look(self.attributes[path])

    def do_truncate(self, path, n):
        if self.kind(path) == "scratch":
            if os.path.exists(self.two(*path)):
                self.backups.pop(os.stat(self.two(*path)).st_ino, None)
            self.both(f"truncate {path} {n}", os.truncate, self.paths(path), (n, n))
        elif self.kind(path) == "attribute":
            attempt(os.truncate, self.at(*path), n)
            self.requests(None, f"truncate {path}")
            self.look(self.attributes[path])
