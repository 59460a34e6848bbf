#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""matrix.py [OPTION...] MOUNT SOCKET LOCATION WORK: every tool saves, and what comes of it.

The mount's registry is the proxy that `matrix.py --proxy` serves on WORK/proxy.
Every tool has a model of its own, so they work side by side.

--expect FILE   the table to hold the cells against (expect.tsv)
--cells LIST    good,bad,misspelt,refuse,conflict
--tools REGEX   only tools whose names match
--kind K        commands or editors
--write FILE    write what was seen in the form of expect.tsv
--jobs N        tools side by side
--disk DIR      a directory on a disk (or in memory) to compare with
--mount FILE    appears when the mount is there; WORK/proxy.ready says that it can be made
"""
import argparse
import collections
import concurrent.futures
import json
import os
import re
import shutil
import sys
import time
import traceback

import commands
import driving
import editors
import registry
from driving import Fault, read

CELLS = ("good", "bad", "misspelt", "refuse", "conflict")
THEIRS = "Somebody else was here."

# calls: requests that would change something; status: the tool's; value: old,
# new or lost; said: what the tool said; left: the scratch files it left there;
# why: the .error file is there
Seen = collections.namedtuple("Seen", "calls status value said left why")


def chosen(text):
    """Names that a tool chooses at random, all the same."""
    return re.sub(r"\b(sed|tmp|XX)[A-Za-z0-9_]{6}\b", r"\1XXXXXX", text)


class Bench:
    def __init__(self, args):
        self.mount, self.work = args.mount, args.work
        self.reg = registry.Registry(args.socket, args.location)
        self.proxy = registry.start_proxy(os.path.join(args.work, "proxy"), args.socket)
        self.tmux = os.path.join(args.work, "tmux")
        self.patience = 30 * int(os.environ.get("SLOWNESS", "1"))
        self.disk = args.disk or os.path.join(args.work, "disk")


class Cells(driving.Tool):
    """A tool, and what its cells came to."""

    def on_disk(self, save):
        """The same on a disk: the files that the tool leaves there."""
        where = os.path.join(self.bench.disk, self.model)
        os.makedirs(where)
        for n in ("model.json", "displayName", "description"):
            with open(os.path.join(where, n), "w") as f:
                f.write(read(os.path.join(self.dir, n)))
        before = self.listing(where)
        self.perform(save, where, lambda: None)
        return self.listing(where) - before

    def cell(self, cell):
        bench = self.bench
        save = self.plan(cell)
        before = save.before
        left_on_disk = None
        if cell == "good":
            left_on_disk = self.on_disk(save)
        names = self.listing(self.dir)
        n = len(bench.proxy.count(self.model))

        def between():
            nonlocal before
            if cell == "conflict":
                bench.reg.patch(self.model, description=THEIRS + str(self.turn))
                before = bench.reg.get(self.model)
            if cell == "refuse":
                with bench.proxy.lock:
                    bench.proxy.refusing.add(self.model)

        status, said = self.perform(save, self.dir, between)
        with bench.proxy.lock:
            bench.proxy.refusing.discard(self.model)
        calls = bench.proxy.count(self.model)[n:]
        left = self.listing(self.dir) - names
        why = "." + save.name + ".error" in left
        value = self.value(before, save.new)
        self.check_reason(cell, save.name, value, save.new)
        left = {x for x in left if not re.fullmatch(r"\..*\.(error|rejected)", x)}
        self.clean(names)
        if left_on_disk is not None and {chosen(x) for x in left} != {chosen(x) for x in left_on_disk}:
            raise Fault("left here: %s, on a disk: %s" % (sorted(left), sorted(left_on_disk)))
        left = {chosen(x) for x in left}
        return Seen(len(calls), status, value, chosen(said), ",".join(sorted(left)) or "-", why)

    def check_reason(self, cell, name, value, new):
        """A text that was refused is kept, and why is told."""
        stem = os.path.join(self.dir, "." + name)
        if value == "new" or cell == "misspelt":
            if os.path.exists(stem + ".error") or os.path.exists(stem + ".rejected"):
                raise Fault("a reason where nothing was refused: %s" % read(stem + ".error"))
            return
        for suffix in (".error", ".rejected"):
            if not os.path.exists(stem + suffix):
                raise Fault("refused, and there is no %s%s" % (name, suffix))
        if not read(stem + ".error").strip():
            raise Fault("the .error file is empty")
        kept = read(stem + ".rejected")
        if new not in kept and json.dumps(new)[1:-1] not in kept:
            raise Fault("the .rejected file has not the text that was saved: %s" % kept)

    def run(self, cells):
        out = {}
        for c in cells:
            if c in self.tool.cells:
                try:
                    out[c] = self.cell(c)
                except (Fault, editors.Lost) as e:
                    out[c] = e
                    self.recover()
                except Exception:  # whatever it is, the other cells go on
                    out[c] = traceback.format_exc()
                    self.recover()
        return out

    def recover(self):
        """After a surprise the next cell begins from what the registry has."""
        with self.bench.proxy.lock:
            self.bench.proxy.refusing.discard(self.model)
        try:
            with open(os.path.join(self.bench.mount, ".modelfs", "refresh"), "w") as f:
                f.write("models/%s\n" % self.model)
        except OSError:
            pass


# ---- what is expected

def expectations(path):
    out = {}
    with open(path) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                tool, cell, calls, status, value, left, silent, said = line.rstrip("\n").split("\t")
                out[tool, cell] = (calls, status, value, left, silent == "silent", said)
    return out


def judge(want, seen):
    """What is wrong with a cell, in words."""
    calls, status, value, left, silent, said = want
    wrong = []
    if str(seen.calls) != calls:
        wrong.append("%d requests, not %s" % (seen.calls, calls))
    if status == "!0":
        if seen.status == 0:
            wrong.append("exit status 0")
    elif status != "*" and str(seen.status) != status:
        wrong.append("exit status %s, not %s" % (seen.status, status))
    if seen.value != value:
        wrong.append("the registry has the %s value, not the %s one" % (seen.value, value))
    if left != "*" and not re.fullmatch(left, seen.left):
        wrong.append("left %s, not %s" % (seen.left, left))
    if not re.search(said, seen.said, re.I):
        wrong.append("it said %r, not %r" % (seen.said, said))
    if silent and not seen.why:
        wrong.append("it is silent, and there is no .error file")
    return wrong


def is_silent(seen, cell):
    return cell != "good" and seen.value != "new" and seen.status == 0 and not seen.said


def short(cell, seen):
    if seen is None:
        return "-"
    if not isinstance(seen, Seen):
        return "FAULT"
    said = seen.said.replace("REFUSED ", "")
    for long, word in (("Invalid argument", "EINVAL"), ("Permission denied", "EACCES"), ("Stale file handle", "ESTALE"),
                       ("No such file or directory", "ENOENT"), ("Resource temporarily unavailable", "EAGAIN"),
                       ("Bad message", "EBADMSG"), ("Operation not permitted", "EPERM")):
        if long.lower() in said.lower():
            said = word
            break
    if is_silent(seen, cell):
        said = "silent, .error" if seen.why else "SILENT"
    return ("%d rc%s %s" % (seen.calls, seen.status, said[:15] if cell != "good" else "")).strip()


def print_table(results, cells, order):
    rows = [["tool"] + list(cells)]
    for name in order:
        rows.append([name] + [short(c, results[name].get(c)) for c in cells])
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for r in rows:
        print("  ".join(x.ljust(w) for x, w in zip(r, widths)).rstrip())


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--expect")
    p.add_argument("--cells", default=",".join(CELLS))
    p.add_argument("--tools", default="")
    p.add_argument("--kind", default="commands")
    p.add_argument("--write")
    p.add_argument("--jobs", type=int, default=3)
    p.add_argument("--disk")
    p.add_argument("--mount", dest="mounted", default="")
    for a in ("mount", "socket", "location", "work"):
        p.add_argument(a)
    args = p.parse_args()
    cells = args.cells.split(",")
    table = commands.table() if args.kind == "commands" else editors.table()
    table = [t for t in table if re.search(args.tools, t.name)]
    bench = Bench(args)
    missing = {t.needs for t in table if not shutil.which(t.needs)}
    for m in sorted(missing):
        print("skipped: there is no %s here: %s" % (m, ", ".join(t.name for t in table if t.needs == m)))
    tools = [Cells(bench, t, i) for i, t in enumerate(table) if t.needs not in missing]
    for t in tools:
        t.prepare()
    open(os.path.join(args.work, "proxy.ready"), "w").close()
    end = time.monotonic() + bench.patience
    while args.mounted and not os.path.exists(args.mounted):
        if time.monotonic() > end:
            raise SystemExit("nobody mounted it")
        time.sleep(0.05)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = dict(zip([t.tool.name for t in tools], pool.map(lambda t: t.run(cells), tools)))
    print_table(results, cells, [t.tool.name for t in tools])
    silent = ["%s, %s" % (n, c) for n, row in results.items() for c, s in row.items()
              if isinstance(s, Seen) and is_silent(s, c)]
    if silent:
        print("silent, with the reason in .error: " + "; ".join(silent))
    if args.write:
        write(args.write, results, cells)
    bad = 0
    want = expectations(args.expect) if args.expect else {}
    for name, row in results.items():
        for cell, seen in row.items():
            if not isinstance(seen, Seen):
                wrong = [str(seen)]
            elif (name, cell) not in want:
                wrong = ["nothing is expected of this cell: %s" % (seen,)] if args.expect else []
            else:
                wrong = judge(want[name, cell], seen)
                if is_silent(seen, cell) and not want[name, cell][4]:
                    wrong.append("the refusal was silent: %s" % (seen,))
            for w in wrong:
                print("WRONG: %s, %s: %s" % (name, cell, w))
                bad += 1
    return 1 if bad else 0


def write(path, results, cells):
    with open(path, "w") as f:
        for name, row in results.items():
            for cell in cells:
                s = row.get(cell)
                if isinstance(s, Seen):
                    f.write("\t".join([name, cell, str(s.calls), str(s.status), s.value, s.left,
                                       "silent" if is_silent(s, cell) else "-", s.said]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
