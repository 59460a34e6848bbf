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
import sys
import time

sys.dont_write_bytecode = True

from parts import Dead, Difference, Slow
from sequences import REGRESSIONS, generate
from world import World


def run(world, steps):
    """None, or (index of the step, what differed)."""
    i = None  # not begun: what fails there is no step's fault
    try:
        world.reset()
        for i, s in enumerate(steps):
            world.step(s)
        i = len(steps)
        world.finish()
    except Difference as e:
        return i, str(e)
    except Slow:
        world.tally["sequences given up, for the machine was too slow"] += 1
    except OSError as e:
        if e.errno in (errno.ENOTCONN, errno.ECONNABORTED):
            raise Dead() from e
        if i is None:
            raise
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
        if not o.keep_going or bad == 20:
            break
    world.reset()
    print("seen:", ", ".join(f"{n} {what}" for what, n in world.tally.most_common()))
    print(f"{done} sequences without a difference, {bad} with one")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
