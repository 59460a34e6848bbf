#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random sequences of system calls against a mount, compared with what it must
answer.  (Not random.py: that would hide the standard module of this name.)

  random_ops.py --mount MODEL-DIR --twin DIR --socket S --log L --resource R
                [--refresh FILE] [--seeds FIRST-LAST] [--steps N] [--seconds S]

Scratch files are compared with files of the same names on a disk: every step
is made in both places.  Attributes are compared with a model of the contract's
commit rule, and with the registry: its value, and how many requests that
change something came in (from its access log).  Where the rule leaves a choice
(a write behind a refused one, a handle whose file was moved) only the value is
held against the registry's.

Each sequence is made from its seed alone.  At a difference the seed is printed
with the shortest sequence that was found to show it.  REGRESSIONS are
sequences that once did.
"""
import argparse
import errno
import os
import random
import sys
import time

sys.dont_write_bytecode = True

from parts import ATTRIBUTES, FILE_MAX, NEAR, NOREPLACE, PIECES, READ_ONLY, SCRATCH, SUBDIRS, Dead, Difference, Slow
from world import World


# ---- sequences
def some_path(r, scratch=0.6):
    d = r.choice(SUBDIRS)
    x = r.random()
    if x < scratch:
        return d, r.choice(SCRATCH)
    if x < 0.94:
        return r.choice([(d, n) for d in SUBDIRS for n in ATTRIBUTES[d]])
    return d, r.choice(NEAR[d] + READ_ONLY)


def some_flags(r):
    flags = r.choice([os.O_RDONLY, os.O_WRONLY, os.O_WRONLY, os.O_RDWR])
    for f, p in ((os.O_TRUNC, 0.4), (os.O_APPEND, 0.2), (os.O_CREAT, 0.7)):
        if r.random() < p and (f != os.O_TRUNC or flags):
            flags |= f
    if flags & os.O_CREAT and r.random() < 0.15:
        flags |= os.O_EXCL
    return flags


LINKS = ["a", "b", ".d.swp", "versions/1/a", "versions/1/none/b", "user@host.123:456", "x" * 300]


def generate(seed, count):
    r = random.Random(seed)
    steps, kinds = [], {}
    # Half of the sequences know few names, so that their handles meet.
    few = None
    if r.random() < 0.5:
        few = [some_path(r, 0), some_path(r, 1), some_path(r, 1), some_path(r)]
        few += few[:2]

    def path(*a):
        return r.choice(few) if few and r.random() < 0.9 else some_path(r, *a)

    def write(slot):
        data = r.choice(PIECES[kinds.get(slot, "scratch")])
        steps.append(("write", slot, data, r.choice([None, None, None, 0, 3, 4090, FILE_MAX - 3])
                      if r.random() < 0.4 else None))

    def open_():
        slot, p = r.randrange(4), path()
        kinds[slot] = ATTRIBUTES.get(p[0], {}).get(p[1], "scratch")
        if kinds[slot] == "scratch" and few and r.random() < 0.5:
            kinds[slot] = ATTRIBUTES.get(few[0][0], {}).get(few[0][1], "scratch")
        steps.append(("open", slot, p, some_flags(r)))
        for _ in range(r.randrange(3)):
            write(slot)

    def whole():
        """A complete text under a scratch name, and onto an attribute."""
        a = few[0] if few else some_path(r, 0)
        tmp = r.choice(SUBDIRS), r.choice(SCRATCH)
        kind = ATTRIBUTES.get(a[0], {}).get(a[1], "scratch")
        steps.append(("open", 3, tmp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
        steps.append(("write", 3, r.choice(PIECES[kind]), None))
        steps.append(("close", 3))
        if r.random() < 0.3:
            steps.append((r.choice([("link", a, (a[0], "n~")), ("rename", a, (a[0], "description~"), 0)])))
        steps.append(("rename", tmp, a, 0))

    makers = [
        (8, open_),
        (8, lambda: write(r.randrange(4))),
        (5, lambda: steps.append(("close", r.randrange(4)))),
        (3, lambda: steps.append(("fsync", r.randrange(4)))),
        (3, lambda: steps.append(("read", r.randrange(4), r.choice([5, 100, 10000]), r.choice([0, 0, 2, 5000])))),
        (3, lambda: steps.append(("ftruncate", r.randrange(4), r.choice([0, 0, 2, 5, 5000, FILE_MAX, FILE_MAX + 1])))),
        (2, lambda: steps.append(("truncate", path(), r.choice([0, 3, 6000])))),
        (5, lambda: steps.append(("rename", path(), path(), r.choice([0, 0, NOREPLACE])))),
        (3, whole),
        (3, lambda: steps.append(("unlink", path()))),
        (2, lambda: steps.append(("link", path(), path(0.9)))),
        (2, lambda: steps.append(("symlink", r.choice(LINKS), path(0.8)))),
        (1, lambda: steps.append(("readlink", path()))),
        (1, lambda: steps.append(("mkdir", path()))),
        (1, lambda: steps.append(("chmod", path(), r.choice([0o600, 0o644, 0o755])))),
        (3, lambda: steps.append(("stat", path()))),
        (2, lambda: steps.append(("list", r.choice(SUBDIRS)))),
        (1, lambda: steps.append(("upstream", ("", "description"), r.choice(["theirs", "other\nlines", ""])))),
        (1, lambda: steps.append(("upstream", ("versions/1", "versionDescription"), r.choice(["theirs", "more"])))),
    ]
    weights = [w for w, _ in makers]
    while len(steps) < count:
        r.choices(makers, weights)[0][1]()
    return steps


def run(world, steps):
    """None, or (index of the step, what differed)."""
    i = -1
    try:
        world.reset()
        for i, s in enumerate(steps):
            world.step(s)
        i = len(steps)
        world.finish()
    except Difference as e:
        return i, str(e)
    except Slow:
        return None
    except OSError as e:
        if e.errno in (errno.ENOTCONN, errno.ECONNABORTED):
            raise Dead() from e
        return i, f"{e.__class__.__name__}: {e}"
    return None


def shrink(world, steps, found, seconds=20):
    steps = steps[:found[0] + 1]
    end = time.monotonic() + seconds
    size = max(1, len(steps) // 2)
    while size and time.monotonic() < end:
        i = len(steps) - size
        while i >= 0 and time.monotonic() < end:
            fewer = steps[:i] + steps[i + size:]
            again = run(world, fewer)
            if again:
                steps, found = fewer[:again[0] + 1], again
            i = min(i - 1, len(steps)) if size == 1 else i - size
        size //= 2
    return steps, found


W, C, T, A = os.O_WRONLY, os.O_CREAT, os.O_TRUNC, os.O_APPEND
D, N, L, S, BAK = ("", "description"), ("", "displayName"), ("", "labels.json"), ("", "a"), ("", "n~")
REGRESSIONS = [
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
    ("after a rename onto an attribute its size is the attribute's", [
        ("open", 3, BAK, W | C | T), ("write", 3, b"x", None), ("close", 3), ("stat", BAK),
        ("rename", BAK, N, 0), ("stat", N)]),
]


def main():
    p = argparse.ArgumentParser()
    for name in ("mount", "twin", "socket", "log", "resource", "refresh"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--seeds", default="1-300")
    p.add_argument("--steps", type=int, default=30)
    p.add_argument("--seconds", type=float, default=1e9)
    p.add_argument("--keep-going", action="store_true")
    o = p.parse_args()
    os.umask(0o022)
    world = World(o)
    first, _, last = o.seeds.partition("-")
    todo = [(name, steps) for name, steps in REGRESSIONS]
    todo += [(f"seed {n}", None) for n in range(int(first), int(last or first) + 1)]
    print(f"{len(REGRESSIONS)} known sequences, seeds {o.seeds}, {o.steps} steps each", flush=True)
    end, done, bad = time.monotonic() + o.seconds, 0, 0
    for name, steps in todo:
        if time.monotonic() > end:
            print(f"time is up after {done} of {len(todo)}: not run from {name}")
            break
        steps = steps or generate(int(name.split()[1]), o.steps)
        try:
            found = run(world, steps)
            if not found:
                done += 1
                continue
            print(f"DIFFERENCE, {name}, step {found[0]}: {found[1]}", flush=True)
            steps, found = shrink(world, steps, found)
        except Dead:
            print(f"THE MOUNT DIED, {name}:")
            for s in steps:
                print("   ", repr(s) + ",")
            return 2
        print(f"  shortest: {found[1]}")
        for s in steps:
            print("   ", repr(s)[:200] + ",")
        sys.stdout.flush()
        bad += 1
        if not o.keep_going:
            break
    world.reset()
    print(f"{done} sequences without a difference, {bad} with one")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
