# SPDX-License-Identifier: MIT
"""A tool, the model that is its own, and one save by it: what matrix.py and kill.py share."""
import collections
import json
import os
import re
import subprocess
import tempfile
import time

import commands
import editors

MISSPELT = {"model.json": "modle.json", "displayName": "dispalyName", "description": "descripton"}

# One save: the cell, the file's name, the whole text, the old and the new
# display name, that as a replacement of sed's, what jq does, and the registry's
# resource before
Save = collections.namedtuple("Save", "cell name text old new replacement filter before")


class Fault(Exception):
    pass


def slug(name):
    out = "".join({">": "gt", "|": "bar", "{": "brace", "(": "paren", "<": "lt", "=": "-", "+": "plus",
                   "&": "and"}.get(c, c if c.isalnum() else "-") for c in name)
    return re.sub("-+", "-", out).strip("-").lower()


def read(path):
    with open(path, errors="surrogateescape") as f:
        return f.read()


class Tool:
    """One tool and its model.  The bench has mount, work (directories), reg, tmux (how its
    sockets' paths begin) and patience."""

    prefix = "t-"  # of the model's id
    key = "displayName"  # what an editor changes

    def __init__(self, bench, tool, number):
        self.bench, self.tool, self.number = bench, tool, number
        self.model = self.prefix + slug(tool.name)
        self.dir = os.path.join(bench.mount, "models", self.model)
        self.work = os.path.join(bench.work, self.model)
        os.makedirs(self.work)
        self.is_editor = isinstance(tool, editors.Editor)
        self.target = commands.DOC if self.is_editor else tool.target
        self.turn = 0

    def prepare(self):
        self.bench.reg.make(self.model, "tool-%d" % self.number)

    # ---- one cell

    def texts(self, cell, old):
        """What is saved: (the whole text, the new display name, it as a replacement, what jq does)"""
        doc = read(os.path.join(self.dir, "model.json"))
        new = "tool-%d-%d" % (self.number, self.turn)
        if self.target == commands.LINE:
            new = "bad\udcff" if cell == "bad" else new
            return new + "\n", new, new, ""
        if self.target == commands.FREE:
            return "More of %s.\n" % new, new, new, ""
        if cell == "bad":
            new = old + "\\q"
        return (doc.replace(old, new), new, new.replace("\\", "\\\\"),
                ".createTime = $n" if cell == "bad" else ".displayName = $n")

    def value(self, before, new):
        """What became of the registry's text."""
        now = self.bench.reg.get(self.model)
        for k in ("displayName", "description", "labels"):
            if now.get(k) != before.get(k):
                break
        else:
            return "old"
        if self.target == commands.FREE:
            return "new" if now["description"].rstrip().endswith("More of %s." % new) else "lost"
        if now["displayName"] == new and now.get("labels") == before.get("labels"):
            return "new"
        return "lost"

    def shown(self):
        """The document; what was moved away and not replaced takes a moment to come back."""
        end = time.monotonic() + self.bench.patience
        while True:
            try:
                return read(os.path.join(self.dir, "model.json"))
            except FileNotFoundError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def listing(self, where):
        return set(os.listdir(where))

    def run_command(self, where, save):
        name, text = save.name, save.text
        work = tempfile.mkdtemp(dir=self.work)
        T = os.path.join(work, "text")
        with open(T, "w", errors="surrogateescape") as f:
            f.write(text)
        try:
            one_line = json.dumps(json.loads(text))
        except ValueError:
            one_line = text.rstrip("\n") if self.target != commands.DOC else " ".join(text.split())
        env = dict(os.environ, F=os.path.join(where, name), D=where, N=name, T=T, X=one_line, OLD=save.old,
                   NEW=save.new, RE=save.replacement, W=work, FILTER=save.filter, LC_ALL="C.UTF-8",
                   **commands.environment())
        r = subprocess.run(["bash", "-c", self.tool.text], env=env, cwd=work, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, errors="replace", timeout=4 * self.bench.patience)
        said = " / ".join((r.stderr + r.stdout).strip().splitlines())
        for p, word in ((os.path.join(where, name), name), (where, "DIR"), (work, "WORK")):
            said = said.replace(p, word)
        return r.returncode, said

    def run_editor(self, where, save, between):
        name, text, old, new = save.name, save.text, save.old, save.new
        home = os.path.join(self.work, "home%d-%s" % (self.turn, os.path.basename(os.path.dirname(where)) or "x"))
        os.makedirs(home, exist_ok=True)
        env = {"HOME": home, "SHELL": "/bin/sh", "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": home + "/.config",
               "TMPDIR": home}
        path = os.path.join(where, name)
        there = os.path.exists(path)
        lines = text.splitlines()
        down = [i for i, l in enumerate(lines) if '"%s"' % self.key in l] or [0]
        typed = new[len(old):] if there and new.startswith(old) else "x-%d" % self.turn
        good, said, status = editors.drive(
            self.tool, self.bench.tmux, "%s-%d-%d" % (self.model, self.turn, where != self.dir), path, env, home,
            self.bench.patience, old if there else "", down[0], 2 if lines[down[0]].endswith(",") else 1, typed,
            between)
        said = said.replace(path, name).replace(where, "DIR")
        return status, ("" if good else "REFUSED ") + said

    def plan(self, cell):
        """The next save; the mount shows what the registry has."""
        self.turn += 1
        before = self.bench.reg.get(self.model)
        old = before["displayName"]
        shown = json.loads(self.shown())
        if shown["displayName"] != old or shown["etag"] != before["etag"]:
            raise Fault("the mount shows %s with %s, the registry has %s with %s" % (
                shown["displayName"], shown["etag"], old, before["etag"]))
        text, new, replacement, filter_ = self.texts(cell, old)
        if self.is_editor:
            new = old + ("\\q" if cell == "bad" else "-%d" % self.turn)
        name = MISSPELT[self.target] if cell == "misspelt" else self.target
        return Save(cell, name, text, old, new, replacement, filter_, before)

    def perform(self, save, where, between):
        """The tool does it; between() runs right before.  (exit status, what it said)"""
        if self.is_editor:
            return self.run_editor(where, save, between)
        between()
        return self.run_command(where, save)

    def clean(self, names):
        for x in self.listing(self.dir) - names:
            try:
                os.unlink(os.path.join(self.dir, x))
            except OSError as e:
                if not re.fullmatch(r"\..*\.(error|rejected)", x):
                    raise Fault("%s cannot be removed: %s" % (x, e))
