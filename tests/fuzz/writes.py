# SPDX-License-Identifier: MIT
"""Of random_ops.py: open files, and the contract's commit rule."""
import mmap
import os
import pickle

from parts import FILE_MAX, JSON, Dead, Difference, Handle, attempt, failed
from texts import Outcome, same, verdict

# What an errno is where a path, or fsync, answers.
TOLD = {"fsync": {"EINVAL": "EBADMSG"}, "rename": {"EINVAL": "EBADMSG", "ESTALE": "EAGAIN"}}


def told(where, errors):
    return {"E:" + TOLD.get(where, {}).get(e, e) for e in errors}


class Writes:
    """Of the World: the steps that have a slot."""

    # ---- open and close
    def do_open(self, slot, path, flags):
        if slot in self.handles:
            return
        kind, what = self.kind(path), f"open {path} {flags:#o}"
        mount, twin = self.paths(path)
        calls = self.helper if slot >= 4 else os
        got = attempt(calls.open, mount, flags, 0o640)
        if kind == "scratch":
            want = attempt(os.open, twin, flags & ~os.O_DIRECT, 0o640)
            if failed(got) or failed(want):
                self.equal(want if failed(want) else "a descriptor", got if failed(got) else "a descriptor", what)
                return
            self.handles[slot] = Handle(got, want, flags=flags, calls=calls)
            if flags & os.O_TRUNC:
                self.backups.pop(os.fstat(want).st_ino, None)
            return
        if not failed(got):
            self.handles[slot] = Handle(got, flags=flags, calls=calls)
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
            h = self.handles[slot]
            self.handles[slot] = Handle(got, attribute=a, flags=flags, calls=h.os,
                                        text=b"" if empty else self.read(self.at(*a.path)))
            self.handles[slot].stood = self.value(a) if a.kind == "json" else None
            self.requests(None, what)
            self.look(a)

    def do_close(self, slot):
        h = self.handles.get(slot)
        if not h:
            return
        fd = h.some()
        if h.dup is None:
            del self.handles[slot]
        h.dup = None
        got = attempt(h.os.close, fd)
        if h.twin is not None:
            if slot not in self.handles:
                os.close(h.twin)
            if not h.wild:
                self.equal(None, got, "close")
            elif h.onto:
                self.settle(h.onto)
        elif h.attribute and h.wild:
            self.settle(h.attribute)
        elif h.attribute:
            self.commit(h, got, "close")

    def do_dup(self, slot):
        """Another descriptor; it is the one that is used and closed first."""
        h = self.handles.get(slot)
        if h and h.dup is None:
            h.dup = h.os.dup(h.fd)

    def do_fsync(self, slot):
        h = self.handles.get(slot)
        if not h:
            return
        got = attempt(h.os.fsync, h.some())
        if h.twin is not None and not h.wild:
            self.equal(None, got, "fsync")
        elif h.onto:
            self.settle(h.onto)
        elif h.attribute and h.wild:
            self.settle(h.attribute)
        elif h.attribute:
            self.commit(h, got, "fsync")

    # ---- the commit rule
    def commit(self, h, got, where):
        """fsync or flush of an attribute's handle."""
        if not h.writable():
            self.equal(None, got, where)
            return
        if h.dirty and h.padded():
            h.dirty = False
        if not h.dirty and not h.told:
            self.equal(None, got, where)
            self.requests(None, where)
            return
        self.decide(h, where, None, got, where)

    def decide(self, h, where, good, got, what):
        a, text = h.attribute, bytes(h.text)
        what = f"{what} of {a.name} with {text!r:.80}"
        v = verdict(a.kind, text, where != "write")
        o, anew = Outcome(), False
        if v == "unfinished":
            pass
        elif h.done is not None and same(a.kind, h.done, text) and not h.told:
            h.dirty = False
        elif h.told or h.refused is not None and same(a.kind, h.refused, text):
            o.errors = h.errors
        elif v == "impossible":
            o, anew = Outcome(["EINVAL"]), True
        else:
            o, anew = self.judge(a, text, h.os, theirs=h.theirs), True
            if o.call and a.kind == "json" and not h.saved and h.stood != self.value(a):
                o = Outcome(["ESTALE"])  # the second of two writers
        if o.open:
            h.wild = True
            self.settle(a)
            return
        if o.errors:
            self.refused(got, what, *told(where, o.errors))
        else:
            self.equal(good, got, what)
        self.requests(o, what)
        if o.errors:
            if not h.told and (h.refused is None or not same(a.kind, h.refused, text)):
                a.kept = text
                self.shown_before(a)
            if anew:
                h.errors = {e for e in o.errors if got in told(where, [e])}
            h.told, h.refused = True, text
        elif v != "unfinished":
            self.accepted(a, o)
            h.saved = h.saved or bool(o.call)
            if h.dirty:
                h.done, h.dirty = text, False
            h.told = False
        self.look(a)

    def accepted(self, a, o):
        """A text was taken: what that did."""
        if not o.call:
            return
        a.kept = None
        a.saves = a.saves is not None and a.saves + 1 or None
        a.befores.clear()
        o.apply()
        if a.kind != "export":
            self.own_change(o.mask)

    # ---- write
    def do_write(self, slot, data, off):
        h = self.handles.get(slot)
        if h:
            self.write(h, self.render(data), off, h.os)

    def do_pieces(self, slot, data, n):
        """One text in several writes."""
        h = self.handles.get(slot)
        if not h:
            return
        text = self.render(data)
        size = max(1, len(text) // n)
        for i in range(0, len(text), size):
            self.write(h, text[i:i + size], None, h.os)

    def do_rewrite(self, slot, data):
        """In place: over what stands there, and cut behind it."""
        h = self.handles.get(slot)
        if not h:
            return
        text = self.render(data)
        self.write(h, text, 0, h.os)
        self.do_ftruncate(slot, len(text))

    def do_fork(self, slot, data):
        """A child inherits the file, writes to it and ends."""
        h = self.handles.get(slot)
        if not h or h.os is not os:
            return
        self.write(h, self.render(data), None, Child())
        if h.attribute and not h.wild:
            self.requests(None, "the end of a child")

    def put(self, h, data, off, calls):
        if off is None:
            return attempt(calls.write, h.some(), data)
        return attempt(calls.pwrite, h.some(), data, off)

    def write(self, h, data, off, calls):
        if not data:
            return
        if h.twin is not None:
            self.scratch_write(h, data, off, calls)
            return
        a = h.attribute
        if a and not h.wild and (h.pending or max(len(h.text), off or h.pos) + len(data) > FILE_MAX):
            h.wild = True  # a retry, a second try or a remainder; or too much
        got = self.put(h, data, off, calls)
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
            self.decide(h, "write", len(data), got, what)
        else:
            self.equal(len(data), got, what)
            self.requests(None, what)
            self.look(a)
        if failed(got):
            h.pending = True
        elif off is None:
            h.pos = at + len(data)

    def scratch_write(self, h, data, off, calls):
        if h.wild:
            self.put(h, data, off, calls)
            self.settle(h.onto)
            return
        self.backups.pop(os.fstat(h.twin).st_ino, None)
        size = os.fstat(h.twin).st_size
        at = size if h.flags & os.O_APPEND else os.lseek(h.twin, 0, 1) if off is None else off
        got = self.put(h, data, off, calls)
        if got == "E:ENOTCONN":
            raise Dead()
        if h.writable() and at + len(data) > FILE_MAX:
            if failed(got) or got > FILE_MAX - at:  # the kernel cuts at pages
                self.equal("E:EFBIG", got, f"write of {len(data)} at {at}")
                return
            os.pwrite(h.twin, data[:got], off) if off is not None else os.write(h.twin, data[:got])
            return
        want = attempt(os.write, h.twin, data) if off is None else attempt(os.pwrite, h.twin, data, off)
        self.equal(want, got, f"write {data!r:.40} at {off}")

    # ---- read, truncate
    def do_read(self, slot, n, off):
        h = self.handles.get(slot)
        if not h:
            return
        got = attempt(h.os.pread, h.some(), n, off)
        if h.twin is not None and not h.wild:
            self.equal(attempt(os.pread, h.twin, n, off), got, f"pread {n} at {off}")
            return
        if not h.attribute or h.wild:
            return
        a = h.attribute
        if h.flags & os.O_ACCMODE == os.O_WRONLY:
            self.equal("E:EBADF", got, "pread")
        elif h.flags & os.O_ACCMODE == os.O_RDWR:
            self.equal(bytes(h.text[off:off + n]), got, f"own text, pread {n} at {off}")
        elif got not in ((self.content(a) if a.kind not in JSON else b"")[off:off + n], bytes(h.text[off:off + n])) \
                and a.kind not in JSON:
            raise Difference(f"pread {n} at {off} of {a.name}: {got!r:.200}")

    def do_map(self, path, shared):
        """mmap shows what read does."""
        fd = attempt(os.open, self.at(*path), os.O_RDONLY)
        if failed(fd):
            return
        try:
            text = b"".join(iter(lambda: os.read(fd, 1 << 17), b""))
            if text:
                with mmap.mmap(fd, len(text), mmap.MAP_SHARED if shared else mmap.MAP_PRIVATE, mmap.PROT_READ) as m:
                    self.equal(text, m[:], f"mmap of {path}")
        finally:
            os.close(fd)
        if self.kind(path) == "scratch":
            self.equal(self.read(self.two(*path)), text, f"mmap of {path}")
        elif self.kind(path) == "attribute":
            self.same_content(self.attributes[path], text, f"mmap of {path}")

    def do_fsyncdir(self, d):
        fd = os.open(self.at(d), os.O_RDONLY | os.O_DIRECTORY)
        got = attempt(os.fsync, fd)
        os.close(fd)
        self.equal(None, got, f"fsync of the directory {d}")

    def do_ftruncate(self, slot, n):
        h = self.handles.get(slot)
        if not h:
            return
        got = attempt(h.os.ftruncate, h.some(), n)
        if h.twin is not None:
            self.scratch_ftruncate(h, n, got)
            return
        a = h.attribute
        if not a:
            return
        if not h.writable():
            self.equal("E:EINVAL", got, "ftruncate")
            return
        if h.pending and n:
            h.wild = True
        if h.wild:
            self.settle(a)
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
        self.requests(None, f"ftruncate {n}")
        self.look(a)

    def scratch_ftruncate(self, h, n, got):
        if h.wild:
            self.settle(h.onto)
            return
        self.backups.pop(os.fstat(h.twin).st_ino, None)
        if n > FILE_MAX:
            if h.writable():
                self.equal("E:EFBIG", got, f"ftruncate {n}")
            return
        self.equal(attempt(os.ftruncate, h.twin, n), got, f"ftruncate {n}")


class Child:
    """One call in a child process, which then ends."""

    def __getattr__(self, name):
        def call(*args):
            here, there = os.pipe()
            pid = os.fork()
            if not pid:
                try:
                    answer = getattr(os, name)(*args)
                except OSError as e:
                    answer = e
                os.write(there, pickle.dumps(answer))
                os._exit(0)
            os.close(there)
            with open(here, "rb") as f:
                data = f.read()
            os.waitpid(pid, 0)
            answer = pickle.loads(data)
            if isinstance(answer, OSError):
                raise answer
            return answer
        return call
