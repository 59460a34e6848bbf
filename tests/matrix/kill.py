#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill.py [OPTION...] WORK: every tool saves while its registry is killed, and nothing is lost.

Each save has a moment of its own at which the registry process dies by SIGKILL
(places.py).  Then there is a registry again, and of each save is asked:
the value is the old or the new one; the text is in the file, in .NAME.rejected,
or the tool said that it could not save it; an unknown outcome is called unknown,
and settles when the registry answers again; saving once more succeeds; no export
ran twice.

--seed N        what the moments are drawn from
--sample        a few tools, a few moments
--rounds N      saves of each tool's good text, where not --sample
--tools REGEX   only tools whose names match
--kind K        commands, editors or exports; all of them without
--place K       proxy, direct or embedded; all of them without
--moment M      only this one
--jobs N        places of each kind
--verbose       a line for each save
"""
import argparse
import collections
import errno
import json
import os
import random
import re
import shutil
import sys
import threading
import time
import traceback

import commands
import driving
import editors
import places
from driving import Fault, read

# What stands for all others by default: (tool, cell, place, moment).
SAMPLE = [(tool, "good", "proxy", moment) for tool, moment in (
    ("bash >", "sent"), ("bash > id", "answered"), ("bash > unended", "before"), ("dash { }", "timed"),
    ("zsh >>", "answered502"), ("cp", "cut"), ("mv", "answered"), ("mv across", "sent502"), ("sed -i", "before"),
    ("python replace", "answered"), ("python unclosed", "answered"), ("dd conv=fsync", "sent"), ("rsync", "given"),
    ("vim", "answered"), ("nano", "before"), ("export cp", "answered"), ("export cp", "cut"),
    ("export mv", "answered502"), ("export bash >", "sent"), ("export python replace", "before"),
    ("export vim", "answered"))] + [
    ("cp", "good", "direct", "nudged"), ("mv", "good", "direct", "stopped"), ("tee", "bad", "direct", "timed"),
    ("export cp", "good", "direct", "nudged"), ("bash > id", "conflict", "direct", "nudged"),
    ("cp", "good", "embedded", "nudged"), ("mv", "good", "embedded", "stopped"), ("vim", "good", "embedded", "timed"),
    ("export cp", "good", "embedded", "nudged"), ("rsync", "conflict", "embedded", "nudged")]
CELLS = ("good", "bad", "misspelt", "conflict")
EXPORTED_BY = ("bash >", "dash >", "busybox >", "zsh >", "bash { }", "cat", "tee", "cp", "cp -p", "cp -b",
               "cp --remove-destination", "mv", "mv across", "ln -f", "install", "dd", "dd conv=fsync", "dd bs=7",
               "sponge T", "rsync", "rsync --inplace", "python with", "python pieces", "python replace", "python r+",
               "python unclosed", "node", "curl -o")
UNKNOWN = "not known"

Job = collections.namedtuple("Job", "name tool cell place moment random")
Seen = collections.namedtuple("Seen", "value told kept again")


def silent_tools(expect):
    """Those that swallow some refusal (EDITORS.md 2): the matrix's table has them."""
    with open(expect) as f:
        return {line.split("\t")[0] for line in f if "\tsilent\t" in line}


class Saving(driving.Tool):
    """A tool whose registry dies."""

    def __init__(self, bench, name, tool, number):
        super().__init__(bench, tool, number)
        self.name = name
        self.names = None  # in its directory, before the save

    def changed(self, before, now):
        """What else than the saved value differs."""
        out = []
        for k in sorted(set(before) | set(now)):
            if k in ("etag", "updateTime", "versionUpdateTime", self.key if self.target == commands.DOC else self.target):
                continue
            if before.get(k) != now.get(k):
                out.append(k)
        return out

    def whole(self, save):
        """The registry's value: old or new; the other fields are as they were."""
        value = self.value(save.before, save.new)
        now = self.bench.reg.get(self.model)
        other = self.changed(save.before, now)
        if value == "lost" or other:
            raise Fault("the value is neither the old nor the new one: %s %s, %s" % (
                now.get("displayName"), now.get("description"), other))
        return value

    def fresh(self):
        """Until the mount shows what the registry has."""
        def same():
            try:
                with open(os.path.join(self.bench.mount, ".modelfs", "refresh"), "w") as f:
                    f.write("models/%s\n" % self.model)
                shown = json.loads(read(os.path.join(self.dir, "model.json")))
            except (OSError, ValueError):
                return False
            now = self.bench.reg.get(self.model)
            return all(shown.get(k) == now.get(k) for k in ("etag", "displayName", "description", "labels"))
        self.bench.within(same, "the mount shows the registry's value")

    def left(self, name):
        """(.error, .rejected), None where there is none."""
        def look(suffix):
            # After a good save nothing older is shown: the mount has to reach the
            # registry first, and pauses between its attempts.
            try:
                return [read(os.path.join(self.dir, ".%s.%s" % (name, suffix)))]
            except FileNotFoundError:
                return [None]
            except OSError as e:
                if e.errno != errno.EHOSTUNREACH:
                    raise
                return None
        return [self.bench.within(lambda: look(x), "%s of %s" % (x, name))[0] for x in ("error", "rejected")]

    def holds(self, text, save):
        return text is not None and (save.new in text or json.dumps(save.new)[1:-1] in text)

    # ---- one save

    def once(self, job):
        place, r = self.bench, job.random
        save = self.plan(job.cell)
        self.names = names = self.listing(self.dir)
        place.disarm()

        def between():
            nonlocal save
            if job.cell == "conflict":
                place.reg.patch(self.model, labels={"team": "b%d" % self.turn})
                save = save._replace(before=place.reg.get(self.model))
            fast = self.is_editor or self.tool.needs in ("node", "python3")
            scale = 0.25 if job.moment == "timed" and fast else 0.08
            seconds = r.uniform(0, 0.012) if job.moment.startswith("sent") else r.uniform(0.0, scale)
            place.arm(self.model, job.moment, seconds, r.uniform(0, 0.012), r.random() < 0.5)

        try:
            status, said = self.perform(save, self.dir, between)
        finally:
            idle = place.over()
        failed = status != 0 or (said.startswith("REFUSED") if self.is_editor else bool(said))
        return self.judge(job, save, names, failed, said, idle)

    def judge(self, job, save, names, failed, said, idle):
        place = self.bench
        error, rejected = self.left(save.name)
        value = self.whole(save)
        words = "it said %s%s, .error: %s" % ("failed: " if failed else "nothing", said, (error or "-").strip())
        if job.cell in ("bad", "misspelt") and value == "new":
            raise Fault("a %s save was accepted" % job.cell)
        if not failed and value == "old" and job.cell != "misspelt" and self.tool.name not in self.bench.silent:
            raise Fault("the tool said nothing, and the value is the old one; " + words)
        if not failed and value == "old" and not self.holds(rejected, save):
            raise Fault("swallowed, and the text is not in .rejected; " + words)
        if rejected is not None and (not self.holds(rejected, save) or not (error or "").strip()):
            raise Fault(".rejected without the text or the reason: %r; %s" % (rejected, words))
        # Between then and now it may have been settled: the log has it.
        unknown = UNKNOWN in place.logged("save models/%s/%s: " % (self.model, save.name))
        if value == "new" and failed and not unknown:
            raise Fault("the value is the new one, and the outcome was not called unknown; " + words)
        if value == "new" and not failed and not unknown and (error or rejected):
            raise Fault("saved, and yet there is " + words)
        self.fresh()
        self.settled(save, value, words)
        kept = "rejected" if rejected is not None else "file" if value == "new" else "tool"
        again = self.again(job, save, value, failed)
        self.fresh()
        self.clean(names)
        return Seen(value, "unknown" if unknown else "failed" if failed else "good", kept,
                    again)

    def settled(self, save, value, words):
        """What was unknown is known when the registry has been asked."""
        error, rejected = self.left(save.name)
        if value == "new" and (error is not None or rejected is not None):
            raise Fault("the text is in the file, and yet there is .error: %s (first %s)" % (error, words))

    def again(self, job, save, value, failed):
        """Who was told that it failed saves once more."""
        source = "$T" in self.tool.text or "$X" in self.tool.text if not self.is_editor else False
        if job.cell != "good" or not failed or not source:
            return "-"
        if value == "new" and (self.target == commands.FREE or self.tool.name in ("patch", "git apply")):
            return "-"
        status, said = self.perform(save, self.dir, lambda: None)
        if status or said:
            raise Fault("once more: exit status %d, %s" % (status, said))
        if self.whole(save) != "new":
            raise Fault("once more, and the value is the old one")
        if self.left(save.name) != [None, None]:
            raise Fault("once more, and .error is there: %s" % self.left(save.name))
        return "saved"


class Exporting(Saving):
    """A tool that saves export.json: the values are destinations, what counts are operations."""

    prefix, key = "e-", "outputUriPrefix"

    def __init__(self, bench, name, tool, number):
        super().__init__(bench, name, tool, number)
        self.target = "export.json"

    def plan(self, cell):
        self.turn += 1
        path = os.path.join(self.dir, "export.json")
        old, new = "gs://out/%s" % self.model, "gs://out/%s-%d" % (self.model, self.turn)
        if self.is_editor:  # it wants a value to go to
            doc = self.document(old)
            with open(path, "w") as f:
                f.write(doc)
        return driving.Save(cell, "export.json", self.document(new), old, new, new, "", self.bench.reg.get(self.model))

    def document(self, prefix):
        return json.dumps({"outputConfig": {"exportFormatId": "custom-trained", "artifactDestination": {
            "outputUriPrefix": prefix}}}, indent=2) + "\n"

    def exports(self, save):
        """How many operations of this save there are; each ended, each with one directory at most."""
        def ended():
            answer = self.bench.reg.call("GET", "%s/models/%s/operations" % (self.bench.location, self.model))
            mine = [o for o in answer.get("operations", []) if '"%s/' % save.new in json.dumps(o["metadata"])]
            return mine if all(o.get("done") for o in mine) else None
        end = time.monotonic() + self.bench.patience
        while True:
            mine = ended()
            if mine is not None:
                break
            if time.monotonic() > end:
                raise Fault("an export does not end")
            time.sleep(0.05)
        where = os.path.join(self.bench.data, "buckets", save.new[len("gs://"):])
        dirs = os.listdir(where) if os.path.isdir(where) else []
        good = [o for o in mine if "error" not in o]
        if len(mine) > 1 or len(dirs) != len(good):
            raise Fault("%d exports, %d succeeded, directories: %s" % (len(mine), len(good), dirs))
        return len(mine)

    def whole(self, save):
        other = self.changed(save.before, self.bench.reg.get(self.model))
        if other:
            raise Fault("an export changed %s" % other)
        return "new" if self.exports(save) else "old"

    def settled(self, save, value, words):
        """The next save finds out."""

    def again(self, job, save, value, failed):
        """A repeat of what failed starts the export that did not start, and no second one."""
        if not failed:
            return "-"
        with open(os.path.join(self.bench.work, "again"), "w") as f:
            f.write(save.text)
        try:
            shutil.copyfile(f.name, os.path.join(self.dir, "export.json"))
        except OSError as e:
            raise Fault("once more: %s" % e)
        if self.whole(save) != "new":
            raise Fault("once more, and no export was started")
        if self.left("export.json") != [None, None]:
            raise Fault("once more, and .error is there: %s" % self.left("export.json"))
        return "saved"


# ---- what there is to do

def tools():
    """name: (class, tool)"""
    out = {}
    for t in commands.table():
        out[t.name] = (Saving, t)
        if t.name in EXPORTED_BY:
            out["export " + t.name] = (Exporting, t)
    for t in editors.table():
        out[t.name] = (Saving, t)
        out["export " + t.name] = (Exporting, t)
    return out


def kind_of(name, tool):
    if name.startswith("export "):
        return "exports"
    return "editors" if isinstance(tool, editors.Editor) else "commands"


def jobs(args, table):
    """Each save with its place and moment, drawn from the seed and its own name alone."""
    if args.sample:
        plan = [(t, c, p, m, "%s.%d" % (p, i)) for i, (t, c, p, m) in enumerate(SAMPLE)]
    else:
        plan = []
        for name, (cls, tool) in table.items():
            for cell in CELLS if cls is Saving else ("good",):
                if cell in tool.cells:
                    plan += [(name, cell, None, None, "%s.%d" % (cell, i))
                             for i in range(args.rounds if cell == "good" else 1)]
    out = []
    for name, cell, place, moment, which in plan:
        r = random.Random("%d %s %s" % (args.seed, name, which))
        place = place or r.choice(("proxy", "proxy", "direct", "embedded"))
        moment = moment or r.choice(places.MOMENTS[place])
        if (args.place or place) == place and (args.moment or moment) == moment:
            out.append(Job(name, table[name][1], cell, place, moment, r))
    return out


def work_off(args, kind, number, queue, table, silent, results):
    """One place and its saves; everything that went wrong is in the results."""
    work = os.path.join(args.work, "%s%d" % (kind, number))
    os.makedirs(work)
    place = places.Place(kind, work, args.location, args.patience)
    place.silent = silent
    made = {}

    def prepare(p):
        os.makedirs(os.path.join(p.data, "buckets", "kill"), exist_ok=True)
        with open(os.path.join(p.data, "buckets", "kill", "weights.bin"), "wb") as f:
            f.write(bytes(200000))
        for i, name in enumerate(sorted({j.name for j in queue})):
            cls, tool = table[name]
            made[name] = cls(place, name, tool, i)
            p.reg.make(made[name].model, "tool-%d" % i, **(
                {"artifactUri": "gs://kill/"} if cls is Exporting else {}))

    try:
        place.begin(prepare)
        for j in queue:
            began = time.monotonic()
            try:
                seen = made[j.name].once(j)
            except (Fault, editors.Lost) as e:
                seen = e
            except Exception:  # whatever it is, the other saves go on
                seen = traceback.format_exc()
            results.append((j, seen))
            if args.verbose:
                print("%-28s %-8s %-8s %-11s %5.2f s  %s" % (
                    j.name, j.cell, j.place, j.moment, time.monotonic() - began, tuple(seen)
                    if isinstance(seen, Seen) else "WRONG"), flush=True)
            if not isinstance(seen, Seen):
                made[j.name].fresh()
                if made[j.name].names is not None:
                    made[j.name].clean(made[j.name].names)
    except Exception:
        results.append((None, traceback.format_exc()))
    finally:
        try:
            place.close()
        except Exception:
            results.append((None, traceback.format_exc()))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--sample", action="store_true")
    p.add_argument("--rounds", type=int, default=4)
    p.add_argument("--tools", default="")
    p.add_argument("--kind", default="")
    p.add_argument("--place", default="")
    p.add_argument("--moment", default="")
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--location", default="projects/demo/locations/us-central1")
    p.add_argument("--verbose", action="store_true")
    p.add_argument("work")
    args = p.parse_args()
    args.patience = 30 * int(os.environ.get("SLOWNESS", "1"))
    table = {n: ct for n, ct in tools().items() if re.search(args.tools, n)
             and (not args.kind or kind_of(n, ct[1]) == args.kind)}
    if args.sample:
        table = {n: ct for n, ct in table.items() if n in {s[0] for s in SAMPLE}}
    missing = {ct[1].needs for ct in table.values() if not shutil.which(ct[1].needs)}
    if not shutil.which("tmux"):
        missing |= {ct[1].needs for n, ct in table.items() if isinstance(ct[1], editors.Editor)}
    gone = sorted(n for n, ct in table.items() if ct[1].needs in missing)
    if gone:
        print("skipped, not here: " + ", ".join(gone))
    table = {n: ct for n, ct in table.items() if n not in gone}
    silent = silent_tools(os.path.join(here, "expect.tsv"))
    SAMPLE[:] = [s for s in SAMPLE if s[0] in table]
    todo = jobs(args, table)
    print("seed %d: %d saves by %d tools" % (args.seed, len(todo), len(table)), flush=True)
    results, began = [], time.monotonic()
    threads = []
    for kind in places.MOMENTS:
        mine = [j for j in todo if j.place == kind]
        for n in range(args.jobs):
            queue = [j for j in mine if sum(map(ord, j.name)) % args.jobs == n]
            if queue:
                threads.append(threading.Thread(target=work_off, args=(args, kind, n, queue, table, silent, results)))
                threads[-1].start()
    for t in threads:
        t.join()
    return report(results, len(todo), time.monotonic() - began)


def report(results, expected, seconds):
    sums = collections.Counter()
    wrong = 0
    for j, seen in results:
        if isinstance(seen, Seen):
            sums[j.place + " " + j.moment, seen.value, seen.told] += 1
            continue
        wrong += 1
        print("WRONG: %s: %s" % ("%s, %s, %s %s" % (j.name, j.cell, j.place, j.moment) if j else "a place", seen))
    columns = [(v, t) for v in ("new", "old") for t in ("good", "unknown", "failed")]
    print("%-18s" % "died" + "".join("%13s" % " ".join(c) for c in columns))
    for where in sorted({k[0] for k in sums}):
        print("%-18s" % where + "".join("%13s" % (sums[(where,) + c] or "-") for c in columns))
    done = sum(1 for j, seen in results if j)
    print("%d saves, %d wrong, %d s" % (done, wrong, seconds))
    return 1 if wrong or done != expected else 0


if __name__ == "__main__":
    sys.exit(main())
