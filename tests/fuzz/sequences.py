# SPDX-License-Identifier: MIT
"""Of random_ops.py: the sequences, made from a seed or known."""
import os
import random

from parts import ATTRIBUTES, EXCHANGE, FILE_MAX, NEAR, NOREPLACE, READ_ONLY, SCRATCH, SUBDIRS
from places import ALIASES, DRAFTS, TARGETS
from texts import some_piece

ALL = [(d, n) for d in SUBDIRS for n in ATTRIBUTES[d]]
# As often as the contract has to say about them.
OFTEN = ALL + [p for p in ALL if ATTRIBUTES[p[0]][p[1]] in ("line", "text", "json", "document")]
LINKS = ["a", "b", ".d.swp", "versions/1/a", "versions/1/none/b", "user@host.123:456", "x" * 300]
UPSTREAM = [(("", "description"), ["theirs", "other\nlines", ""]), (("versions/1", "versionDescription"), ["theirs", "more"]),
            (("", "displayName"), ["their name"]), (("", "default"), ["2", "3", "1"])]


def kind_of(path):
    return ATTRIBUTES.get(path[0], {}).get(path[1], "scratch")


def some_path(r, scratch=0.6):
    d = r.choice(SUBDIRS)
    x = r.random()
    if x < scratch:
        return d, r.choice(SCRATCH)
    if x < 0.94:
        return r.choice(OFTEN)
    return d, r.choice(NEAR[d] + READ_ONLY)


def some_flags(r):
    flags = r.choice([os.O_RDONLY, os.O_WRONLY, os.O_WRONLY, os.O_RDWR])
    for f, p in ((os.O_TRUNC, 0.4), (os.O_APPEND, 0.2), (os.O_CREAT, 0.7), (os.O_DIRECT, 0.05)):
        if r.random() < p and (f != os.O_TRUNC or flags):
            flags |= f
    if flags & os.O_CREAT and r.random() < 0.15:
        flags |= os.O_EXCL
    return flags


class Maker:
    """One sequence in the making."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.steps = []
        self.kinds = {}  # slot: what its file takes, and where
        # Half of the sequences know few names, so that their handles meet.
        self.few = None
        if self.r.random() < 0.5:
            self.few = [some_path(self.r, 0), some_path(self.r, 1), some_path(self.r, 1), some_path(self.r)]
            self.few += self.few[:2]
        # Some are about documents and what changes them.
        self.about = self.r.random() < 0.25
        if self.about:
            self.few = [("", "model.json"), ("versions/1", "model.json"), ("", "description"),
                        ("versions/1", "versionDescription"), some_path(self.r, 0.5)]

    def add(self, *step):
        self.steps.append(step)

    def path(self, *a):
        return self.r.choice(self.few) if self.few and self.r.random() < 0.9 else some_path(self.r, *a)

    def slot(self):
        return self.r.choice([0, 1, 2, 3, 0, 1, 2, 3, 4, 5])  # from 4 on: the other process

    def piece(self, slot):
        return some_piece(self.r, *self.kinds.get(slot, ("scratch", "")))

    def write(self, slot=None):
        r, slot = self.r, self.slot() if slot is None else slot
        off = r.choice([None, None, None, 0, 3, 4090, FILE_MAX - 3]) if r.random() < 0.4 else None
        self.add("write", slot, self.piece(slot), off)

    def open(self):
        slot, p = self.slot(), self.path()
        self.kinds[slot] = kind_of(p), p[0]
        if self.kinds[slot][0] == "scratch" and self.few and self.r.random() < 0.5:
            self.kinds[slot] = kind_of(self.few[0]), self.few[0][0]
        self.add("open", slot, p, some_flags(self.r))
        for _ in range(self.r.randrange(3)):
            self.write(slot)

    def save(self):
        """As tools do it: truncate and write, in pieces, over the old text."""
        r = self.r
        p = some_path(r, 0)
        if self.few and r.random() < 0.8:
            p = r.choice(self.few) if self.about else self.few[0]
        slot = self.slot()
        self.kinds[slot] = kind_of(p), p[0]
        how = r.choice(["write", "write", "pieces", "rewrite"])
        self.add("close", slot)
        self.add("open", slot, p, os.O_WRONLY | os.O_CREAT | (0 if how == "rewrite" else os.O_TRUNC))
        extra = {"write": [None], "pieces": [r.choice([2, 3, 7])], "rewrite": []}[how]
        self.add(how, slot, self.piece(slot), *extra)
        self.add("close", slot)

    def whole(self):
        """A complete text under a scratch name, and onto an attribute."""
        r = self.r
        a = r.choice(self.few[:2]) if self.about else self.few[0] if self.few else some_path(r, 0)
        tmp = r.choice(SUBDIRS), r.choice(SCRATCH)
        self.add("open", 3, tmp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self.add("write", 3, some_piece(r, kind_of(a), a[0]), None)
        self.add("close", 3)
        if r.random() < 0.3:
            self.add(*r.choice([("link", a, (a[0], "n~")), ("rename", a, (a[0], "description~"), 0)]))
        if r.random() < 0.2:
            self.add("rename", *r.choice([(tmp, a), (a, tmp)]), EXCHANGE)
        else:
            self.add("rename", tmp, a, 0)

    def alias(self):
        r = self.r
        self.add(*r.choice([("ln", r.choice(TARGETS), r.choice(ALIASES)), ("lnsfn", r.choice(TARGETS), r.choice(ALIASES)),
                            ("rm_alias", r.choice(ALIASES)), ("mv_alias", r.choice(ALIASES), r.choice(ALIASES))]))

    def draft(self):
        r, draft = self.r, self.r.choice(DRAFTS)
        self.add("mkdraft", draft)
        if r.random() < 0.5:
            text = r.choice([b"nonsense\n", b"{}\n", b'{"displayName":""}\n', None, None])
            self.add("savedraft", draft, text, r.random() < 0.5)
        if r.random() < 0.7:
            self.add("rmdraft", draft)

    def upstream(self):
        path, values = self.r.choice(UPSTREAM)
        self.add("upstream", path, self.r.choice(values))

    def make(self, count):
        r, add, path, slot = self.r, self.add, self.path, self.slot
        makers = [
            (8, self.open),
            (8, self.write),
            (25 if self.about else 4, self.save),
            (5, lambda: add("close", slot())),
            (3, lambda: add("fsync", slot())),
            (3, lambda: add("read", slot(), r.choice([5, 100, 10000]), r.choice([0, 0, 2, 5000]))),
            (3, lambda: add("ftruncate", slot(), r.choice([0, 0, 2, 5, 5000, FILE_MAX, FILE_MAX + 1]))),
            (1, lambda: add("dup", slot())),
            (0.7, lambda: (s := r.randrange(4), add("fork", s, self.piece(s)))),
            (2, lambda: add("truncate", path(), r.choice([0, 3, 6000]))),
            (5, lambda: add("rename", path(), path(), r.choice([0, 0, 0, NOREPLACE, EXCHANGE]))),
            (8 if self.about else 3, self.whole),
            (3, lambda: add("unlink", path())),
            (2, lambda: add("link", path(), path(0.9))),
            (2, lambda: add("symlink", r.choice(LINKS), path(0.8))),
            (1, lambda: add("readlink", path())),
            (1, lambda: add("mkdir", path())),
            (1, lambda: add("chmod", path(), r.choice([0o600, 0o644, 0o755]))),
            (3, lambda: add("stat", path())),
            (1, lambda: add("map", path(), r.random() < 0.5)),
            (2, lambda: add("list", r.choice(SUBDIRS))),
            (0.5, lambda: add("fsyncdir", r.choice(SUBDIRS))),
            (1, lambda: add("remember", r.choice(["", "versions/1"]))),
            (2, self.upstream),
            (2, self.alias),
            (0.7, self.draft),
        ]
        weights = [w for w, _ in makers]
        while len(self.steps) < count:
            r.choices(makers, weights)[0][1]()
        return self.steps


def generate(seed, count):
    return Maker(seed).make(count)


# ---- what once was found
W, C, T, A = os.O_WRONLY, os.O_CREAT, os.O_TRUNC, os.O_APPEND
D, N, L, S, BAK = ("", "description"), ("", "displayName"), ("", "labels.json"), ("", "a"), ("", "n~")
M, V = ("", "model.json"), ("versions/1", "versionDescription")


def saved(text, path=M, slot=0):
    """The steps of a shell's redirection."""
    return [("open", slot, path, W | C | T), ("write", slot, text, None), ("close", slot)]


REGRESSIONS = [
    ("an alias comes and goes where nothing else is removed", [
        ("ln", "../versions/2", "golden"), ("mv_alias", "golden", "stable"), ("lnsfn", "../versions/3", "stable"),
        ("rm_alias", "stable"), ("rm_alias", "default")]),
    ("a refused text is there for who looked before", [
        ("stat", L), ("open", 0, L, W | T), ("write", 0, b"nonsense\n", None), ("stat", L), ("close", 0), ("list", "")]),
    ("names of more than 255 bytes", [
        ("symlink", "x" * 300, S), ("open", 0, S, W | C), ("close", 0), ("stat", S), ("list", "")]),
    ("an open file that is moved away takes its writers along", [
        ("open", 0, N, W), ("write", 0, b"mine\n", None), ("rename", N, BAK, 0), ("write", 0, b"more\n", None),
        ("close", 0), ("list", ""), ("content", BAK, b"mine\nmore\nor\n"), ("value", N, "eye-detector")]),
    ("what is written behind a rename onto an attribute is a save", [
        ("open", 0, S, W | C), ("write", 0, b"early\n", None), ("rename", S, D, 0), ("value", D, "early"),
        ("write", 0, b"late\n", None), ("close", 0), ("value", D, "early\nlate"), ("content", D, b"early\nlate\n")]),
    ("the pages of a scratch file are not those of what it becomes", [
        ("open", 1, S, W | C), ("open", 3, S, W | C | T), ("write", 3, b'{"a":"c","k":"v"}\n', None),
        ("rename", S, L, 0), ("write", 1, b"\0\0\0", None), ("stat", L), ("close", 1), ("stat", L)]),
    ("a reader of a scratch file that became an attribute reads that", [
        ("open", 1, S, os.O_RDWR | C), ("open", 3, S, W | C | T), ("write", 3, b'{"a":"b"}', None),
        ("rename", S, L, 0), ("read", 1, 100, 0), ("stat", L), ("close", 1), ("stat", L)]),
    ("what was truncated at open and moved away begins empty", [
        ("open", 0, N, W | T), ("rename", N, BAK, 0), ("write", 0, b"two\n", 0), ("content", BAK, b"two\n"),
        ("rename", BAK, N, 0), ("value", N, "two")]),
    ("an attribute that a writer brings back is listed again", [
        ("open", 3, S, W | C | T), ("write", 3, b"same\n", None), ("rename", S, D, 0), ("open", 0, D, W),
        ("write", 0, b"same\n", None), ("unlink", D), ("list", ""), ("close", 3), ("close", 0), ("list", "")]),
    ("a document saved twice from one base is one request", [
        ("remember", ""), *saved(("document", "", {"description": "two"}, "kept", "pretty")),
        *saved(("document", "", {"description": "two"}, "kept", "compact")), ("value", D, "two")]),
    ("an undone change of a document is a change", [
        ("remember", ""), *saved(("document", "", {"description": "two"}, "kept", "pretty")), ("value", D, "two"),
        *saved(("document", "", {}, "kept", "pretty")), ("value", D, "")]),
    ("a buffer goes on from what it saved, not from what others wrote here", [
        ("remember", ""), *saved(("document", "", {"description": "two"}, "kept", "pretty")), *saved(b"mine\n", D),
        *saved(("document", "", {"description": "two", "labels": {"a": "b"}}, "kept", "pretty")), ("value", D, "mine"),
        *saved(("document", "", {"displayName": "other"}, "kept", "pretty"), slot=4), ("value", D, "mine"), ("value", N, "other")]),
    ("older content is not brought back in silence", [
        ("remember", ""), *saved(b"mine\n", D), *saved(("document", "", {}, "kept", "pretty"), slot=4), ("value", D, "mine")]),
    ("who changes the mode reads what is current", [
        *saved(b"part\n", V), ("stat", V), *saved(("document", "versions/1", {"versionDescription": "doc\n"}, "now", "pretty"),
                                                  ("versions/1", "model.json")), ("chmod", V, 0o600), ("stat", V)]),
    ("a child that ends commits nothing, though the file's name is another's now", [
        ("open", 2, ("versions/2", "default"), W), ("write", 2, b"x", None), ("open", 3, S, W | C | T),
        ("write", 3, b"true\n", None), ("close", 3), ("rename", S, ("versions/2", "default"), 0),
        ("open", 0, ("versions/2", "a"), W | C), ("fork", 0, b"text"), ("stat", ("versions/2", "default"))]),
    ("a version that was created is a link at once", [
        ("mkdraft", "versions/new"), ("savedraft", "versions/new", None, True), ("mkdraft", "versions/next"),
        ("savedraft", "versions/next", b"{}\n", False), ("savedraft", "versions/next", None, True)]),
    ("the second of two writers of labels meets a conflict", [
        ("open", 4, L, W | T), *saved(b'{"a":"b"}\n', L), ("write", 4, b'{"k":"v"}\n', None), ("close", 4),
        ("content", ("", ".labels.json.rejected"), b'{"k":"v"}\n')]),
    ("after a rename onto an attribute its size is the attribute's", [
        ("open", 3, BAK, W | C | T), ("write", 3, b"x", None), ("close", 3), ("stat", BAK),
        ("rename", BAK, N, 0), ("stat", N)]),
]
