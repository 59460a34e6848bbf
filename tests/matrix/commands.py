# SPDX-License-Identifier: MIT
"""The tools that are no editors: each a command for bash.

$F  the file to save, $D its directory, $N its name
$T  a file outside the mount with the whole new text, $X that text on one line
$OLD, $NEW  the display name in it; $RE is $NEW as sed's replacement
$FILTER     what jq does to the document
$W  a directory outside the mount to work in
"""
import collections

Command = collections.namedtuple("Command", "name needs target text cells")

ALL = ("good", "bad", "misspelt", "refuse", "conflict")
DOC, LINE, FREE = "model.json", "displayName", "description"

PYTHON = {
    "with": "import os\nwith open(os.environ['F'], 'w') as f:\n    f.write(open(os.environ['T']).read())",
    "json": "import json, os\nd = open(os.environ['T']).read()\n"
            "with open(os.environ['F'], 'w') as f:\n    [f.write(d[i:i + 64]) for i in range(0, len(d), 64)]",
    "replace": "import os, tempfile\nfd, tmp = tempfile.mkstemp(dir=os.environ['D'])\n"
               "with os.fdopen(fd, 'w') as f:\n    f.write(open(os.environ['T']).read())\n"
               "    f.flush()\n    os.fsync(fd)\nos.chmod(tmp, 0o644)\n"
               "try:\n    os.replace(tmp, os.environ['F'])\nexcept OSError:\n    os.unlink(tmp)\n    raise\n"
               "d = os.open(os.environ['D'], os.O_RDONLY)\nos.fsync(d)\nos.close(d)",
    "unclosed": "import os\nf = open(os.environ['F'], 'w')\nf.write(open(os.environ['T']).read())",
    "r+": "import os\nwith open(os.environ['F'], 'r+') as f:\n"
          "    f.write(open(os.environ['T']).read())\n    f.truncate()",
}


def table():
    rows = []

    def add(name, text, needs=None, target=DOC, cells=ALL):
        rows.append(Command(name, needs or name.split()[0], target, text, cells))

    # Shells: the word is what runs a script that it gets by -c.
    for name, shell in (("bash", "bash -c"), ("dash", "dash -c"), ("busybox", "busybox sh -c"), ("zsh", "zsh -c")):
        def sh(what, script, name=name, shell=shell, **more):
            add("%s %s" % (name, what), "%s '%s'" % (shell, script), needs=name, **more)
        sh(">", "echo \"$X\" >\"$F\"" if name == "bash" else "printf \"%s\\n\" \"$X\" >\"$F\"")
        sh(">|", "set -C; printf \"%s\\n\" \"$X\" >|\"$F\"")
        sh("> id", "printf \"%s\\n\" \"$X\" >\"$F\"", target=LINE)
        sh("> unended", "printf %s \"$X\" >\"$F\"", target=LINE)
        sh(">>", "printf \"%s\\n\" \"$X\" >>\"$F\"", target=FREE, cells=("good", "misspelt", "refuse", "conflict"))
        sh(">> id", "printf \"%s\\n\" \"$X\" >>\"$F\"", target=LINE, cells=("bad", "misspelt"))
        sh("{ }", "{ printf \"%s\" \"{\"; printf \"%s\\n\" \"${X#?}\"; } >\"$F\"")
        sh("( )", "( printf \"%s\" \"{\"; printf \"%s\\n\" \"${X#?}\" ) >\"$F\"")
        sh("{ } child", "{ printf \"%s\" \"{\"; /bin/true; printf \"%s\\n\" \"${X#?}\"; } >\"$F\"")
        sh("<<", "cat >\"$F\" <<X\n$X\nX\n")
        sh("exec 3>", "exec 3>\"$F\"; printf \"%s\\n\" \"$X\" >&3; s=$?; exec 3>&-; exit $s")

    add("cat", 'cat "$T" >"$F"')
    add("tee", 'tee "$F" <"$T" >/dev/null')
    add("cp", 'cp "$T" "$F"')
    add("cp -p", 'cp -p "$T" "$F"')
    add("cp -f", 'cp -f "$T" "$F"')
    add("cp -b", 'cp -b "$T" "$F"')
    add("cp --remove-destination", 'cp --remove-destination "$T" "$F"')
    add("mv across", 'mv "$T" "$F"', needs="mv")
    add("mv", 'cp "$T" "$F.tmp" && mv "$F.tmp" "$F"')
    add("ln -f", 'cp "$T" "$F.tmp" && ln -f "$F.tmp" "$F"; s=$?; rm -f "$F.tmp"; exit $s')
    add("install", 'install -m 644 "$T" "$F"')
    add("dd", 'dd if="$T" of="$F" status=none')
    add("dd conv=fsync", 'dd if="$T" of="$F" conv=fsync status=none')
    add("dd bs=7", 'dd if="$T" of="$F" bs=7 status=none')
    add("sponge", 'sed "s|$OLD|$RE|" "$F" | sponge "$F"', cells=("good", "bad", "refuse", "conflict"))
    add("sponge T", 'sponge "$F" <"$T"', needs="sponge")
    add("sed -i", 'sed -i "s|$OLD|$RE|" "$F"')
    add("sed -i.bak", 'sed -i.bak "s|$OLD|$RE|" "$F"')
    add("perl -pi", 'perl -pi -e "s|\\Q$OLD\\E|$RE|" "$F"')
    add("perl -pi.bak", 'perl -pi.bak -e "s|\\Q$OLD\\E|$RE|" "$F"')
    add("jq > f", 'jq --arg n "$NEW" "$FILTER" "$F" >"$F"')
    add("jq > tmp && mv", 'jq --arg n "$NEW" "$FILTER" "$D/model.json" >"$F.tmp" && mv "$F.tmp" "$F"', needs="jq")
    add("rsync", 'rsync -I "$T" "$F"')
    add("rsync --inplace", 'rsync -I --inplace "$T" "$F"')
    add("rsync -a", 'cp "$T" "$W/$N" && rsync -aI "$W/$N" "$D/"')
    add("patch", 'cat "$D/model.json" >"$W/o"; diff -u "$W/o" "$T" >"$W/p"; patch -s -t "$F" <"$W/p"')
    add("git apply", 'cat "$D/model.json" >"$W/o"; diff -u "$W/o" "$T" | '
        'sed "1s|.*|--- a/$N|; 2s|.*|+++ b/$N|" >"$W/p"; cd "$D" && git apply "$W/p"')
    add("gawk -i inplace", 'gawk -i inplace -v o="$OLD" -v n="$RE" "{ i = index(\\$0, o); '
        'if (i) \\$0 = substr(\\$0, 1, i - 1) n substr(\\$0, i + length(o)); print }" "$F"')
    add("python with", 'python3 -c "$PY_with"', needs="python3")
    add("python pieces", 'python3 -c "$PY_json"', needs="python3")
    add("python replace", 'python3 -c "$PY_replace"', needs="python3")
    add("python r+", 'python3 -c "$PY_rw"', needs="python3")
    add("python unclosed", 'python3 -c "$PY_unclosed"', needs="python3")
    add("node", 'node -e "const fs = require(\'fs\'); fs.writeFile(process.env.F, fs.readFileSync(process.env.T), '
        '(e) => { if (e) { console.error(e.message); process.exit(1); } })"')
    add("curl -o", 'curl -sS -o "$F" "file://$T"')
    add("ed", 'printf "%s\\n" ",s|$OLD|$RE|" w q | ed -s "$F"')
    add("ex", 'ex -s -c "%s#$OLD#$RE#" -c x "$F"')
    return rows


def environment():
    return {"PY_" + k.replace("+", "w"): v for k, v in PYTHON.items()}
