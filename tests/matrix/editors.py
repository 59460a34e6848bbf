# SPDX-License-Identifier: MIT
"""The editors, driven in tmux as a person would: keys, and what the screen says.

A person opens the file, goes down to the line with the display name, to its
end and two to the left, types, saves, reads what the editor says, and leaves.
"""
import collections
import os
import re
import subprocess
import time

# argv      the command; {f} is the file
# insert    keys before typing, then what the screen shows; leave: the way back
# save      keys; said: the good message, else: what it says when it could not
# quit      keys that leave without saving, in steps: (keys, what to wait for first);
#           with "now": only if that is there already
Editor = collections.namedtuple("Editor", "name needs argv insert leave save said other quit cells")

ALL = ("good", "bad", "misspelt", "refuse", "conflict")
ESC = "\x1b"
VIM_SAID = r"written"
VIM_OTHER = r"E\d+:[^\n]*"
BSK = ["-c", "set backupskip="]
NVIM = ["nvim", "-c", "set backupskip= shortmess-=F"]


def vim(name, *more, program="vim"):
    argv = (["vim"] + BSK if program == "vim" else NVIM) + list(more) + ["{f}"]
    return Editor(name, program, argv, ("i", r"-- INSERT --"), ("Escape", r"-- INSERT --"),
                  [":w", "Enter"], VIM_SAID, VIM_OTHER,
                  [(["Enter"], None), ([":q!", "Enter"], None)], ALL)


NANO_QUIT = [(["C-x"], None), (["n"], r"Save modified buffer")]
EMACS = ["emacs", "-nw", "-Q", "--eval",
         "(setq backup-enable-predicate (lambda (_) t) inhibit-startup-screen t ring-bell-function 'ignore "
         "vc-handled-backends nil auto-save-default nil{more})", "{f}"]


def nano(name, *options):
    return Editor(name, "nano", ["nano", "--ignorercfiles"] + list(options) + ["{f}"], None, None,
                  ["C-o", ("wait", r"File Name to Write"), "Enter"], r"Wrote \d+ lines?",
                  r"\[ (?!Wrote|Read|New|Making|Writing)[^\n]*\]|Error [^\n]*", NANO_QUIT, ALL)


def emacs(name, more=""):
    return Editor(name, "emacs", [a.replace("{more}", more) for a in EMACS], None, None,
                  ["C-x", "C-s"], r"-UU.?:----[\s\S]*Wrote [^\n]*(mod(el|le)|export)\.json",
                  r"(Write error|Renaming|Opening output|Error|File error|Creating|Doing|Removing)[^\n]*|"
                  r"No such file[^\n]*|Setting [^\n]*|Closing[^\n]*|Writing to[^\n]*|.*(not exist|create).*\?",
                  [(["C-x", "C-c"], None), (["n"], r"Save file|\(y, n, !"), (["yes", "Enter"], r"exit anyway")],
                  ALL)


def table():
    return [
        vim("vim"),
        vim("vim backupcopy=yes", "-c", "set backupcopy=yes"),
        vim("vim backupcopy=no", "-c", "set backupcopy=no"),
        vim("vim nowritebackup", "-c", "set nowritebackup"),
        vim("vim backup", "-c", "set backup"),
        vim("nvim", program="nvim"),
        nano("nano"),
        nano("nano -B", "-B"),
        emacs("emacs"),
        emacs("emacs precious", " file-precious-flag t"),
        Editor("micro", "micro", ["micro", "{f}"], None, None, ["C-s"], r"Saved ",
               r"Permission denied[^\n]*|(open|write|close|sync|rename|fsync) [^\n]*: [^\n]*|"
               r"[Nn]o such file[^\n]*|\(y,n,esc\)[^\n]*|Error[^\n]*",
               [(["n"], r"using sudo", "now"), (["C-q"], None), (["n"], r"Save changes|\(y,n,esc\)")], ALL),
        Editor("joe", "joe", ["joe", "-asis", "{f}"], None, None,
               ["C-k", "d", ("wait", r"Name of file to save"), "Enter"],
               r"File [^\n]*saved", r"Error [^\n]*|Couldn't[^\n]*",
               [(["C-c"], None), (["y"], r"Lose changes")], ALL),
        Editor("mcedit", "mcedit", ["mcedit", "{f}"], None, None, ["F2", ("maybe", r"Save +\]|\[< Save", "Enter")],
               r"\[-[^M\n]*\]", r"Save As|Cannot[^\n]*|Error[^\n]*|Warning[^\n]*",
               [(["Enter"], r"Dismiss", "now"), (["Escape", "Escape"], None), (["F10"], None),
                (["n"], r"modified|Save before|quit")], ALL),
        Editor("kakoune", "kak", ["kak", "-n", "{f}"], ("i", r"insert"), ("Escape", r"insert"),
               [":w", "Enter"], r"wrote|\n[^\n]*(model|export).json [^\n+]*$", r"'w(rite)?':[^\n]*|\d+:\d+[^\n]*error[^\n]*",
               [([":q!", "Enter"], None)], ALL),
    ]


class Lost(Exception):
    """The editor did not do in time what was expected."""


class Screen:
    """One editor in one tmux session, with a server of its own: a server that ends
    with its last session takes along one that begins at that moment."""

    def __init__(self, socket, session, argv, env, cwd, patience):
        self.base = ["tmux", "-S", "%s.%s" % (socket, session), "-f", "/dev/null"]
        self.session = session
        self.patience = patience
        command = ["env"] + ["%s=%s" % kv for kv in env.items()] + argv
        self.tmux("new-session", "-d", "-s", session, "-x", "150", "-y", "40", "-c", cwd, *command)

    def tmux(self, *args):
        r = subprocess.run(self.base + list(args), capture_output=True, text=True, timeout=60)
        if r.returncode:
            raise Lost("tmux %s: %s" % (args[0], r.stderr.strip()))
        return r.stdout

    def text(self):
        return self.tmux("capture-pane", "-p", "-t", self.session)

    def alive(self):
        r = subprocess.run(self.base + ["has-session", "-t", "=" + self.session], capture_output=True)
        return r.returncode == 0

    def keys(self, *keys):
        for k in keys:
            if len(k) == 1 or k in NAMED or re.fullmatch(r"C-.|M-.|F\d+", k):
                self.tmux("send-keys", "-t", self.session, k if k != ";" else "\\;")
            else:
                self.tmux("send-keys", "-t", self.session, "-l", "--", k)

    def until(self, regex, absent=False):
        end = time.monotonic() + self.patience
        while True:
            text = self.text()
            m = re.search(regex, text)
            if bool(m) != absent:
                return m, text
            if time.monotonic() > end:
                raise Lost("the screen never %s %r:\n%s" % ("lost" if absent else "showed", regex, text.rstrip()))
            time.sleep(0.03)

    def gone(self, patience):
        end = time.monotonic() + patience
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.03)
        return True

    def kill(self):
        subprocess.run(self.base + ["kill-server"], capture_output=True)


NAMED = {"Enter", "Escape", "Down", "Up", "Left", "Right", "End", "Home"}


def go_to_value(screen, lines_down, left):
    screen.keys(*["Down"] * lines_down, "End", *["Left"] * left)


def save(screen, e):
    for k in e.save:
        if isinstance(k, str):
            screen.keys(k)
        elif k[0] == "wait":
            screen.until(k[1])
        else:  # a question that not every version asks
            _, text = screen.until("%s|%s|%s" % (k[1], e.said, e.other))
            if re.search(k[1], text):
                screen.keys(k[2])


def verdict(screen, e):
    """What the editor says: (good, its words)."""
    m, text = screen.until("(?P<other>%s)|(?P<said>%s)" % (e.other, e.said))
    if re.search(e.other, text):
        m = re.search(e.other, text)
        return False, m.group(0).strip()
    return True, m.group(0).strip().splitlines()[-1]


def leave(screen, e):
    for keys, first, *now in e.quit:
        try:
            if now and not re.search(first, screen.text()):
                continue
            if first:
                screen.until(first)  # or it has left
            if not screen.alive():
                return
            screen.keys(*keys)
        except Lost:
            if not screen.alive():
                return
    if not screen.gone(screen.patience):
        raise Lost("%s does not leave:\n%s" % (e.name, screen.text()))


def status_in(path):
    with open(path) as f:
        return int(f.read())


def drive(e, socket, session, path, env, cwd, patience, shows, lines_down, left, typed, between):
    """Open path, type behind a value, save, leave; between() runs before the save.

    lines_down, left: the way to the end of the value.  (good, words, exit status)"""
    rc = os.path.join(cwd, session + ".rc")
    argv = ["sh", "-c", '"$@"; echo $? >"$0"', rc] + [a.replace("{f}", path) for a in e.argv]
    screen = Screen(socket, session, argv, env, cwd, patience)
    try:
        if shows:
            screen.until(re.escape(shows))
        else:
            m, text = screen.until(r"\S.*\S")
            m = re.search(e.other, text)
            if m:  # it is told at once
                leave(screen, e)
                return False, m.group(0).strip(), status_in(rc)
        if e.insert:
            screen.keys(e.insert[0])
            screen.until(e.insert[1])
        if shows:
            go_to_value(screen, lines_down, left)
        screen.keys(typed)
        screen.until(re.escape(typed))
        screen.until(e.said, absent=True)  # what tells a saved file from a changed one
        if e.leave:
            screen.keys(e.leave[0])
            screen.until(e.leave[1], absent=True)
        between()
        save(screen, e)
        good, words = verdict(screen, e)
        leave(screen, e)
    finally:
        screen.kill()
    return good, words, status_in(rc)
