# SPDX-License-Identifier: MIT
"""Of random_ops.py: one step in the mount and in its twin, and what the mount
must answer."""
import json
import os
import stat
import time

from parts import (ATTRIBUTES, AWAY, BASE, FIELD, FILE_MAX, NEAR, OTHER_LEVEL, READ_ONLY, SUBDIRS, Attribute, Dead,
                   Difference, Handle, Registry, Slow, attempt, bare, failed, meaning, renameat2, same, shown, verdict)


class World:
    def __init__(self, o):
        self.mount, self.twin, self.refresh = o.mount, o.twin, o.refresh
        self.registry = Registry(o.socket, o.log, o.resource)
        for d in SUBDIRS:
            os.makedirs(os.path.join(self.twin, d), exist_ok=True)
        self.attributes = {(d, n): Attribute(d, n, k) for d in SUBDIRS for n, k in ATTRIBUTES[d].items()}
        self.handles = {}
        self.listing = {}
        self.backups = {}  # twins that are an attribute's untouched content
        self.loose = set()  # twins whose content is the mount's to say
        for (d, n), a in self.attributes.items():
            a.value = self.registry.value(d, n)
        for d in SUBDIRS:
            self.listing[d] = {n for n in os.listdir(self.at(d)) if not n.endswith((".rejected", ".error"))}
        self.seen = self.registry.poll()

    def at(self, d, name=""):
        return os.path.join(self.mount, d, name)

    def two(self, d, name=""):
        return os.path.join(self.twin, d, name)

    # ---- judgements
    def equal(self, want, got, what):
        if want != got:
            raise Difference(f"{what}: should be {want!r:.300}, is {got!r:.300}")

    def requests(self, expected, what):
        end = time.monotonic() + (1 if expected else 0)
        got = self.registry.poll() - self.seen
        while got < expected and time.monotonic() < end:
            time.sleep(0.001)
            got = self.registry.poll() - self.seen
        self.seen += got
        self.equal(expected, got, f"{what}: requests")

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
        path = self.at(a.d, a.name)
        got = attempt(self.read, path)
        if a.away:
            self.in_time(a)
            self.equal("E:ENOENT", got, f"{a.name}, moved away")
            return
        if failed(got):
            raise Difference(f"reading {a.name}: {got}")
        if a.kind == "json":
            try:
                got_value = json.loads(got)
            except ValueError:
                got_value = got
            self.equal(a.value, got_value, f"content of {a.name}")
        else:
            self.equal(shown(a.value), got, f"content of {a.name}")
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
        time.sleep(0.002)
        for other in self.attributes.values():
            value = self.registry.value(other.d, other.name)
            if value != other.value or other is a:
                other.saves = None
            other.value, other.kept = value, False
        self.seen = self.registry.poll()
        if a.away and os.path.lexists(self.at(a.d, a.name)):
            a.away = 0  # unlinked while a writer had it open, whose text was saved
        for d in SUBDIRS:
            for n in os.listdir(self.two(d)):
                s = os.lstat(self.two(d, n))
                if s.st_ino in self.loose and stat.S_ISREG(s.st_mode):
                    with open(self.two(d, n), "wb") as f:
                        f.write(self.read(self.at(d, n)))

    # ---- before each sequence
    def reset(self):
        for slot in list(self.handles):
            self.drop(slot)
        for a in self.attributes.values():
            for kind in ("rejected", "error"):
                attempt(os.unlink, self.at(a.d, f".{a.name}.{kind}"))
            self.back(a)
            attempt(os.unlink, self.at(a.d, f".{a.name}.rejected"))
            attempt(os.unlink, self.at(a.d, f".{a.name}.error"))
        for d in SUBDIRS:
            for n in set(os.listdir(self.at(d))) - self.listing[d] - OTHER_LEVEL:
                os.unlink(self.at(d, n))
            for n in os.listdir(self.two(d)):
                if n != "versions":
                    os.unlink(self.two(d, n))
        self.loose.clear()
        self.backups.clear()
        changed = False
        for a in self.attributes.values():
            base = BASE[FIELD.get(a.name, a.name)]
            if self.registry.value(a.d, a.name) != base:
                self.registry.patch(a.d, a.name, base)
                changed = True
            a.value, a.away, a.kept = base, 0, None
        if changed:
            self.forget()
        self.seen = self.registry.poll()

    def forget(self):
        with open(self.refresh, "w") as f:
            f.write("all\n")

    def back(self, a):
        os.close(os.open(self.at(a.d, a.name), os.O_WRONLY | os.O_CREAT))
        a.away = 0

    def drop(self, slot):
        h = self.handles.pop(slot)
        attempt(os.close, h.fd)
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
            raise Difference(f"{what}: should fail{' with ' + ' or '.join(names) if names else ''}, is {answer!r:.100}")

    # ---- open and close
    def do_open(self, slot, path, flags):
        if slot in self.handles:
            return
        kind, what = self.kind(path), f"open {path} {flags:#o}"
        mount, twin = self.paths(path)
        if kind == "scratch":
            got = attempt(os.open, mount, flags, 0o640)
            want = attempt(os.open, twin, flags, 0o640)
            if failed(got) or failed(want):
                self.equal(want if failed(want) else "a descriptor", got if failed(got) else "a descriptor", what)
                return
            self.handles[slot] = Handle(got, want, flags=flags)
            if flags & os.O_TRUNC:
                self.backups.pop(os.fstat(want).st_ino, None)
            return
        got = attempt(os.open, mount, flags, 0o640)
        if not failed(got):
            self.handles[slot] = Handle(got, flags=flags)
        if kind == "near":
            self.equal("E:ENOENT", got, what)
        elif kind == "read-only":
            if flags & os.O_EXCL:
                self.equal("E:EEXIST", got, what)
            elif flags & os.O_ACCMODE or flags & os.O_TRUNC:
                self.refused(got, what, "E:EPERM", "E:EACCES")
            self.handles.get(slot, Handle(0)).wild = True
        else:
            self.opened(slot, self.attributes[path], flags, got, what)

    def opened(self, slot, a, flags, got, what):
        self.in_time(a)
        if a.away and not flags & os.O_CREAT:
            self.equal("E:ENOENT", got, what)
        elif not a.away and flags & os.O_EXCL:
            self.equal("E:EEXIST", got, what)
        elif failed(got):
            raise Difference(f"{what}: {got}")
        else:
            empty = flags & os.O_TRUNC or a.away
            a.away = 0
            self.handles[slot] = Handle(got, attribute=a, flags=flags, text=b"" if empty else self.read(self.at(a.d, a.name)))
            self.requests(0, what)
            self.look(a)

    def do_close(self, slot):
        h = self.handles.pop(slot, None)
        if not h:
            return
        got = attempt(os.close, h.fd)
        if h.twin is not None:
            os.close(h.twin)
            if not h.wild:
                self.equal(None, got, "close")
            elif h.onto:
                self.settle(h.onto)
        elif h.attribute and h.wild:
            self.settle(h.attribute)
        elif h.attribute:
            self.commit(h, got, "close", "E:EINVAL")

    def do_fsync(self, slot):
        h = self.handles.get(slot)
        if not h:
            return
        got = attempt(os.fsync, h.fd)
        if h.twin is not None and not h.wild:
            self.equal(None, got, "fsync")
        elif h.onto:
            self.settle(h.onto)
        elif h.attribute and h.wild:
            self.settle(h.attribute)
        elif h.attribute:
            self.commit(h, got, "fsync", "E:EBADMSG")

    # ---- the commit rule
    def commit(self, h, got, what, refusal):
        """fsync or flush of an attribute's handle."""
        if not h.writable():
            self.equal(None, got, what)
            return
        if h.dirty and h.padded():
            h.dirty = False
        if not h.dirty and not h.told:
            self.equal(None, got, what)
            self.requests(0, what)
            return
        self.decide(h, True, None, got, what, refusal)

    def decide(self, h, whole, good, got, what, refusal):
        a, text = h.attribute, bytes(h.text)
        v = verdict(a.kind, text)
        if v == "unfinished" and (not whole or a.kind != "json"):
            v = "complete" if whole else v
        elif v == "unfinished":
            v = "impossible"
        value, calls, refuse = a.value, 0, h.told or v == "impossible"
        if v == "unfinished":
            pass
        elif h.done is not None and same(a.kind, h.done, text):
            h.dirty, refuse = False, False
        elif h.refused is not None and same(a.kind, h.refused, text):
            refuse = True
        elif not refuse:
            value = meaning(a.kind, text)
            refuse = value is None
            if not refuse:
                calls = int(value != a.value)
        self.equal(refusal if refuse else good, got, f"{what} of {a.name} with {text!r:.80}")
        self.requests(0 if refuse else calls, f"{what} of {a.name} with {text!r:.80}")
        if refuse:
            if not h.told and (h.refused is None or not same(a.kind, h.refused, text)):
                a.kept = text
            h.told, h.refused = True, text
        elif v != "unfinished":
            if calls:
                a.kept = None
                a.saves = a.saves is not None and a.saves + 1 or None
            if h.dirty:
                h.done, h.dirty = text, False
            a.value = value
            h.told = False
        self.look(a)

    def do_write(self, slot, data, off):
        h = self.handles.get(slot)
        if not h or not data:
            return
        if h.twin is not None:
            self.scratch_write(h, data, off)
            return
        a = h.attribute
        if a and not h.wild and (h.pending or max(len(h.text), off or h.pos) + len(data) > FILE_MAX):
            h.wild = True  # a retry, a second try or a remainder; or too much
        got = attempt(os.write, h.fd, data) if off is None else attempt(os.pwrite, h.fd, data, off)
        if not h.writable():
            self.equal("E:EBADF", got, "write")
            return
        if not a:
            return
        if h.wild:
            self.settle(a)
            return
        old = len(h.text)
        at = old if h.flags & os.O_APPEND else h.pos if off is None else off
        if at > old:
            h.text.extend(bytes(at - old))
        h.text[at:at + len(data)] = data
        if at == 0 and len(data) >= old and h.fresh:
            h.linear = True
        elif at != old:
            h.linear = False
        h.low = min(h.low, at)
        h.dirty, h.told = True, False
        what = f"write at {at}"
        if h.fresh and h.linear or h.flags & os.O_APPEND and not h.padded() and (
                a.kind == "text" or verdict(a.kind, bytes(h.text)) == "impossible"):
            self.decide(h, False, len(data), got, what, "E:EINVAL")
        else:
            self.equal(len(data), got, what)
            self.requests(0, what)
            self.look(a)
        if failed(got):
            h.pending = True
        elif off is None:
            h.pos = at + len(data)

    def scratch_write(self, h, data, off):
        if h.wild:
            attempt(os.write, h.fd, data) if off is None else attempt(os.pwrite, h.fd, data, off)
            self.settle(h.onto)
            return
        self.backups.pop(os.fstat(h.twin).st_ino, None)
        size = os.fstat(h.twin).st_size
        at = size if h.flags & os.O_APPEND else os.lseek(h.twin, 0, 1) if off is None else off
        if h.writable() and at + len(data) > FILE_MAX:
            got = attempt(os.write, h.fd, data) if off is None else attempt(os.pwrite, h.fd, data, off)
            if failed(got) or got > FILE_MAX - at:  # the kernel cuts at pages
                self.equal("E:EFBIG", got, f"write of {len(data)} at {at}")
                return
            os.pwrite(h.twin, data[:got], off) if off is not None else os.write(h.twin, data[:got])
            return
        if off is None:
            self.both(f"write {data!r:.40}", os.write, (h.fd, h.twin), (data, data))
        else:
            self.both(f"pwrite {data!r:.40} at {off}", os.pwrite, (h.fd, h.twin), (data, data), (off, off))

    def do_read(self, slot, n, off):
        h = self.handles.get(slot)
        if not h:
            return
        if h.twin is not None and not h.wild:
            self.both(f"pread {n} at {off}", os.pread, (h.fd, h.twin), (n, n), (off, off))
            return
        got = attempt(os.pread, h.fd, n, off)
        if not h.attribute or h.wild:
            return
        if h.flags & os.O_ACCMODE == os.O_WRONLY:
            self.equal("E:EBADF", got, "pread")
        elif h.flags & os.O_ACCMODE == os.O_RDWR:
            self.equal(bytes(h.text[off:off + n]), got, f"own text, pread {n} at {off}")
        elif got not in (shown(h.attribute.value)[off:off + n], bytes(h.text[off:off + n])) and h.attribute.kind != "json":
            raise Difference(f"pread {n} at {off} of {h.attribute.name}: {got!r:.200}")

    def do_ftruncate(self, slot, n):
        h = self.handles.get(slot)
        if not h:
            return
        if h.twin is not None and h.wild:
            attempt(os.ftruncate, h.fd, n)
            self.settle(h.onto)
            return
        if h.twin is not None:
            self.backups.pop(os.fstat(h.twin).st_ino, None)
        if h.twin is not None and n > FILE_MAX:
            if h.writable():
                self.equal("E:EFBIG", attempt(os.ftruncate, h.fd, n), f"ftruncate {n}")
            return
        if h.twin is not None:
            self.both(f"ftruncate {n}", os.ftruncate, (h.fd, h.twin), (n, n))
            return
        got = attempt(os.ftruncate, h.fd, n)
        if not h.attribute:
            return
        if not h.writable():
            self.equal("E:EINVAL", got, "ftruncate")
            return
        if h.pending and n:
            h.wild = True
        if h.wild:
            self.settle(h.attribute)
            return
        if n > FILE_MAX:
            self.equal("E:EFBIG", got, f"ftruncate {n}")
            return
        self.equal(None, got, f"ftruncate {n}")
        if n == 0:
            h.text = bytearray()
            h.fresh = h.linear = True
            h.dirty = h.told = h.pending = False
            h.base, h.refused = b"", None
        elif n != len(h.text):
            if n > len(h.text):
                h.linear = False
            h.text = h.text[:n] + bytes(max(0, n - len(h.text)))
            h.low = min(h.low, n)
            h.told = False
        self.requests(0, f"ftruncate {n}")
        self.look(h.attribute)

    # ---- names
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
        got = set(got) - (OTHER_LEVEL - set(ATTRIBUTES[d]))
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

    def vanish(self, path):
        """Handles of an attribute whose name goes elsewhere."""
        for h in self.handles.values():
            if h.attribute and (h.attribute.d, h.attribute.name) == path:
                h.wild = True

    def do_unlink(self, path):
        kind, what = self.kind(path), f"unlink {path}"
        if kind == "scratch":
            self.both(what, os.unlink, self.paths(path))
            return
        got = attempt(os.unlink, self.at(*path))
        if kind == "near":
            self.equal("E:ENOENT", got, what)
        elif kind == "read-only":
            self.equal("E:EPERM", got, what)
        else:
            a = self.attributes[path]
            self.in_time(a)
            self.equal("E:ENOENT" if a.away else None, got, what)
            a.away = a.away or time.monotonic()
            self.vanish(path)
            self.requests(0, what)
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
        if a:
            self.in_time(a)
        got = attempt(renameat2, self.at(*old), self.at(*new), flags)
        if failed(source):
            self.equal(source, got, what)
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
            self.moved(self.attributes[old], new, flags, got, what)
        else:
            self.replaced(old, a, source, got, what)

    def moved(self, a, new, flags, got, what):
        """An attribute to a scratch name: a backup."""
        if new in self.attributes:
            self.refused(got, what)
            return
        self.equal(None, got, what)
        text = self.read(self.at(*new))
        if a.kind == "json":
            self.equal(a.value, json.loads(text), what + ": text")
        else:
            self.equal(shown(a.value), text, what + ": text")
        self.twin_file(new, text)
        self.backups[os.stat(self.two(*new)).st_ino] = a, a.saves
        self.loose.discard(os.stat(self.two(*new)).st_ino)
        a.away = time.monotonic()
        if any(a in (h.attribute, h.onto) and h.writable() for h in self.handles.values()):
            self.loose.add(os.stat(self.two(*new)).st_ino)
        self.vanish((a.d, a.name))
        self.requests(0, what)
        self.look(a)
        self.do_stat(new)

    def replaced(self, old, a, source, got, what):
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
        text = self.read(self.two(*old))
        v = verdict(a.kind, text)
        ok = v == "complete" or v == "unfinished" and a.kind != "json"
        value = meaning(a.kind, text) if ok else None
        self.equal("E:EBADMSG" if value is None else None, got, f"{what} with {text!r:.80}")
        self.requests(0 if value is None else int(value != a.value), what)
        if value is None:
            a.kept = text
            self.do_stat(old)
            self.look(a)
            return
        self.became(old, a)
        if value != a.value:
            a.saves = a.saves is not None and a.saves + 1 or None
            a.kept = None
        a.value = value
        self.look(a)
        self.do_stat(old)

    def became(self, old, a):
        ino = os.stat(self.two(*old)).st_ino
        for h in self.handles.values():
            if h.twin is not None and os.fstat(h.twin).st_ino == ino:
                h.wild, h.onto = True, a
        os.unlink(self.two(*old))
        self.vanish((a.d, a.name))
        a.away = 0

    def returned(self, old, a, got, what):
        """A backup comes back: no save, if nothing was saved meanwhile."""
        of, saves = self.backups.get(os.stat(self.two(*old)).st_ino, (None, None))
        if of is not a or saves != a.saves and None not in (saves, a.saves):
            return False
        self.equal(None, got, what)
        if None not in (saves, a.saves):
            self.requests(0, what)
        self.became(old, a)
        self.settle(a)
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
            self.requests(0, f"truncate {path}")
            self.look(self.attributes[path])

    def do_upstream(self, path, value):
        """Somebody else changes it."""
        a = self.attributes[path]
        self.registry.patch(a.d, a.name, value)
        a.value = value
        self.forget()
        for h in self.handles.values():
            if h.attribute and h.attribute.kind == "json":
                h.wild = True  # its base is outdated: a conflict
        self.look(a)

    def do_value(self, path, value):
        """In a known sequence: what the service must have by now."""
        a = self.attributes[path]
        self.equal(value, self.registry.value(a.d, a.name), f"the registry's {a.name}")

    def do_content(self, path, text):
        self.equal(text, attempt(self.read, self.at(*path)), f"content of {path}")

    def finish(self):
        for slot in list(self.handles):
            self.do_close(slot)
        for d in SUBDIRS:
            self.do_list(d)
        for path in sorted({(d, n) for d in SUBDIRS for n in os.listdir(self.two(d))} - {("", "versions")}):
            self.do_stat(path)
        for a in self.attributes.values():
            self.equal(self.registry.value(a.d, a.name), a.value, f"the registry's {a.name}")
            self.look(a)
        time.sleep(0.002)
        self.requests(0, "at the end")
