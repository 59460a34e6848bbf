# SPDX-License-Identifier: MIT
"""Of random_ops.py: the texts that are written, and what one means for its
attribute by the contract (sections 3, 4 and 6)."""
import json

from parts import BASE, FIELD, JSON, PAST, bare, level

# Bytes, or how to make a text of what stands there when it is written (see
# Texts.render).
PIECES = {
    "line": [b"one\n", b"two\n", b"three", b"x", b"\n", b" ", "gr\u00fcn\n".encode(), b"a\nb\n", b"y" * 129 + b"\n", b"\0"],
    "text": [b"one\n", b"two\n", b"first\nsecond\n", b"part", b"\n", b"z" * 9000 + b"\n", "\u00e4\n".encode(), b"\xff\n"],
    "json": [b'{"a":"b"}', b'{"a":"c","k":"v"}\n', b'{"a":', b'"b"}', b'{}', b"\n", b"nonsense\n", b"[]\n", b'{"a":"UPPER"}\n', b"}"],
    "id": [b"1\n", b"2\n", b"3\n", b"2\n", b"1", b"3", b"9\n", b"\n", b"x\n", b"1\n2\n", b"1\n\n", b"two\n"],
    "flag": [b"true\n", b"true\n", b"false\n", b"true", b"yes\n", b"\n", b"tr", b"ue\n"],
    "document": [b'{"a":', b"}", b"nonsense\n", b"{}\n", b"[]\n", b"\n"],
    "export": [b'{"outputConfig":{}}\n', b"{}\n", b'{"x":1}\n', b'{"artifactDestination":', b"}", b"nonsense\n", b"\n"],
    "scratch": [b"hello\n", b"x", b"0123456789" * 700, b"\0\0\0", b"line\nline\n", b'{"a":"b"}\n', b"one\n", b"", b"w" * 70000],
}

OUTPUT_ONLY = ["createTime", "updateTime", "supportedExportFormats", "versionCreateTime", "versionId"]
IMMUTABLE = ["artifactUri", "name"]


def some_document(r, d):
    """A recipe: which fields become what, with whose etag, written how."""
    own = [("description", ["doc\n", "one", "two", ""]), ("displayName", ["doc name", "one", "eye-detector"]),
           ("labels", [{"a": "b"}, {"k": "v"}, {}])]
    theirs = [("versionDescription", ["doc\n", "one", "two", ""])]
    if d:
        own, theirs = theirs, own[:2]
    changes = {}
    x = r.random()
    if x < 0.75:
        for f, values in r.sample(own, min(len(own), r.choice([1, 1, 2, 3]))):
            changes[f] = r.choice(values + [None] if f != "displayName" else values)
    if x < 0.1 or 0.75 < x < 0.8:
        f, values = r.choice(theirs)
        changes[f] = r.choice(values)
    elif 0.8 < x < 0.85:
        changes[r.choice(OUTPUT_ONLY)] = r.choice(["x", None])
    elif 0.85 < x < 0.9:
        changes[r.choice(IMMUTABLE)] = "x"
    elif 0.9 < x < 0.93:
        changes.update(r.choice([{"desciption": "x"}, {"displayName": ""}, {"displayName": None}, {"labels": {"A": "b"}},
                                 {"displayName": "n" * 129}]))
    etag = r.choice(["now", "now", "now", "kept", "kept", "none", "bad" if r.random() < 0.3 else "now"])
    return "document", d, changes, etag, r.choice(["pretty", "pretty", "compact", "reversed", "spaced"])


def some_export(r, d):
    return "export", d, r.choice(["gs://demo-models/out/a", "gs://demo-models/out/b", "gs://demo-models/out/a", "", "/tmp/x"]), \
        r.choice(["whole", "bare"])


def some_piece(r, kind, d):
    if kind == "document" and r.random() < 0.85:
        return some_document(r, d)
    if kind == "export" and r.random() < 0.6:
        return some_export(r, d)
    return r.choice(PIECES[kind])


def print_json(doc, style):
    if style == "reversed":
        doc, style = dict(reversed(doc.items())), "pretty"
    if style == "compact":
        return json.dumps(doc, separators=(",", ":"), ensure_ascii=False).encode()
    return (json.dumps(doc, indent=2 if style == "pretty" else "\t", ensure_ascii=False)
            + ("\n" if style == "pretty" else " \n\n")).encode()


def verdict(kind, text, whole=False):
    """complete, unfinished or impossible; whole: nothing more will come."""
    try:
        text.decode()
    except UnicodeDecodeError as e:
        if e.reason != "unexpected end of data" or e.end != len(text):
            return "impossible"
        begun = judge_start(kind, text[:e.start])  # half a character
        return "impossible" if whole or begun == "impossible" or begun == "complete" and kind != "text" else "unfinished"
    v = judge_start(kind, text)
    if v == "unfinished" and whole:
        return "impossible" if kind in JSON else "complete"
    return v


def judge_start(kind, text):
    if kind in JSON:
        s = text.lstrip(b" \t\r\n")
        if not s:
            return "unfinished"
        if not s.startswith(b"{"):
            return "impossible"
        text = text.decode()
        try:
            json.loads(text)
            return "complete"
        except json.JSONDecodeError as e:
            cut = e.pos >= len(text.rstrip()) or e.msg.startswith("Unterminated")
            return "unfinished" if cut else "impossible"
    if b"\0" in text:
        return "impossible"
    if kind != "text":
        line, newline, rest = text.partition(b"\n")
        if not newline:
            return "unfinished"
        return "impossible" if rest.strip(b" \t\r\n") else "complete"
    return "complete" if text.endswith(b"\n") else "unfinished"


def shown(value):
    if isinstance(value, dict):
        return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
    return value.encode() + b"\n" if value else b""


def same(kind, a, b):
    if bare(a) == bare(b):
        return True
    if kind not in JSON:
        return False
    try:
        return json.loads(bytes(a)) == json.loads(bytes(b))
    except ValueError:
        return False


def same_value(a, b):
    return a == b or not a and not b and not isinstance(a, bool)


def good_name(value):
    return isinstance(value, str) and 1 <= len(value) <= 128


def good_labels(value):
    return isinstance(value, dict) and all(
        isinstance(v, str) and not any(c.isupper() for c in k + v) for k, v in value.items())


class Outcome:
    """What a complete text is answered with, and what it does."""

    def __init__(self, errors=(), call=None, mask=(), apply=None, open_=False):
        self.errors = set(errors)
        self.call, self.mask = call, set(mask)  # `VERB PATH`, without the query
        self.apply = apply
        self.open = open_  # the contract leaves it open

    def calls(self):
        return int(self.call is not None)


class Texts:
    """Of the World: texts made of what stands there, and their meaning."""

    # ---- what stands there
    def value(self, a):
        s = self.state
        if a.kind == "id":
            return s["aliases"]["default"]
        if a.kind == "flag":
            return "true" if s["aliases"]["default"] == level(a.d) else "false"
        if a.name == "versionDescription":
            return s["versions"][level(a.d)]
        return s[FIELD.get(a.name, a.name)]

    def set(self, a, value):
        if a.name == "versionDescription":
            self.state["versions"][level(a.d)] = value
        else:
            self.state[FIELD.get(a.name, a.name)] = value

    def template(self, prefix=""):
        return {"outputConfig": {"exportFormatId": "custom-trained", "artifactDestination": {"outputUriPrefix": prefix}}}

    def content(self, a):
        """What a reader must see: bytes, or a JSON value; None: whatever."""
        if a.kind == "document":
            return self.documents[a.d]
        if a.kind == "export":
            return None if a.last is False else a.last or self.template()
        return self.value(a) if a.kind == "json" else shown(self.value(a))

    def same_content(self, a, text, what):
        want = self.content(a)
        if a.kind in JSON:
            try:
                text = json.loads(text)
            except ValueError:
                pass
        if want is not None:
            self.equal(want, text, what)

    # ---- making a text
    def read_document(self, d):
        """As an editor reads it, for the base of its text."""
        a = self.attributes[d, "model.json"]
        doc = self.documents[d] if a.away else json.loads(self.read(self.at(*a.path)))
        self.memory.setdefault(d, doc)
        # Not seen through the mount: it may know it or not.
        self.known.setdefault((d, doc["etag"]), [doc, PAST + 1 if a.away else 0, set()])
        return doc

    def render(self, recipe):
        if isinstance(recipe, bytes):
            return recipe
        if recipe[0] == "export":
            _, d, prefix, form = recipe
            doc = self.template(prefix)
            return print_json(doc if form == "whole" else doc["outputConfig"], "pretty")
        _, d, changes, etag, style = recipe
        doc = dict(self.read_document(d))
        if etag == "kept":
            doc = dict(self.memory.get(d, doc))
        if etag == "none" or etag == "bad":
            doc.pop("etag")
        if etag == "bad":
            doc["etag"] = "nonsense"
        for f, v in changes.items():
            if v is None:
                doc.pop(f, None)
            else:
                doc[f] = v
        return print_json(doc, style)

    def do_remember(self, d):
        """An editor reads the document, and goes on with that text later."""
        self.memory[d] = self.read_document(d)

    # ---- what it means
    def judge(self, a, text, writer, backup=False, theirs=()):
        self.writer = writer
        o = getattr(self, "judge_" + a.kind)(a, bytes(text), backup)
        if theirs:  # opened before somebody else's change
            o = Outcome(o.errors | {"ESTALE"}, open_=not o.errors and not o.call)
        if a.kind in ("document", "json", "export"):
            # An editor that copies back what was there before a refusal.
            if (o.errors or o.call) and a.kept is not None and text in a.befores:
                o = Outcome(open_=True)
            self.shown_before(a)
        return o

    def shown_before(self, a):
        if a.kind in ("document", "json", "export") and not a.away:
            a.befores.add(self.read(self.at(*a.path)))

    def judge_field(self, a, value):
        if value == self.value(a):
            return Outcome()
        return Outcome(call="PATCH " + self.registry.where(a.d), mask=[FIELD.get(a.name, a.name)],
                       apply=lambda: self.set(a, value))

    def judge_line(self, a, text, _):
        value = text.split(b"\n")[0].decode()
        return self.judge_field(a, value) if good_name(value) else Outcome(["EINVAL"])

    def judge_text(self, a, text, _):
        return self.judge_field(a, (text[:-1] if text.endswith(b"\n") else text).decode())

    def judge_json(self, a, text, _):
        value = json.loads(text)
        return self.judge_field(a, value) if good_labels(value) else Outcome(["EINVAL"])

    def make_default(self, version):
        def apply():
            self.state["aliases"]["default"] = version
        return Outcome(call=f"POST /v1/{self.registry.resource}@{version}:mergeVersionAliases", apply=apply)

    def judge_id(self, a, text, _):
        version = text.decode().strip(" \t\r\n")
        if version not in self.state["versions"]:
            return Outcome(["ENOENT" if version else "EINVAL"])
        return Outcome() if version == self.value(a) else self.make_default(version)

    def judge_flag(self, a, text, _):
        word = text.decode().strip(" \t\r\n")
        if word == "true" and self.value(a) != "true":
            return self.make_default(level(a.d))
        if word == "false" and self.value(a) == "true":
            return Outcome(["EBUSY"])
        return Outcome() if word in ("true", "false") else Outcome(["EINVAL"])

    def judge_export(self, a, text, backup):
        doc = json.loads(text)
        if backup and text == shown(self.content(a) or {}):
            return Outcome()
        if backup and a.last is False:
            return Outcome(open_=True)
        config = doc.get("outputConfig", doc) if isinstance(doc, dict) else {}
        prefix = config.get("artifactDestination", {}).get("outputUriPrefix", "")
        extra = set(doc) - {"outputConfig"} if "outputConfig" in doc else set(config) - {"exportFormatId", "artifactDestination"}
        if not prefix.startswith("gs://") or extra:
            return Outcome(["EINVAL"])

        def apply():
            a.last = self.template(prefix)
        return Outcome(call=f"POST {self.registry.where(a.d)}:export", apply=apply)

    def judge_document(self, a, text, _):
        doc, current = json.loads(text), self.documents[a.d]
        if not isinstance(doc, dict):
            return Outcome(["EINVAL"])
        base = current
        if isinstance(doc.get("etag"), str) and doc["etag"] != current["etag"]:
            base, age, theirs = self.known.get((a.d, doc["etag"]), (None, 0, ()))
            if theirs or base is None and not any(etag == doc["etag"] for _, etag in self.known):
                return Outcome(["ESTALE"])
            if base is None or age > PAST or a.last is False:
                return Outcome(open_=True)
            # A process goes on from what it saved last.
            last, who = a.last or ({}, None)
            if last.get("etag") == doc["etag"] and who == self.writer:
                base = last
            elif not self.changed(doc, base, current) and self.changed(doc, current, current) & self.writable(a):
                return Outcome(["ESTALE"])  # older content, to be brought back
        return self.judge_changes(a, doc, self.changed(doc, base, current))

    def writable(self, a):
        return {"versionDescription", "labels"} if a.d else {"description", "displayName", "labels"}

    def changed(self, doc, base, current):
        return {f for f in doc.keys() | base.keys() | current.keys()
                if f != "etag" and not same_value(doc.get(f), base.get(f)) and not same_value(doc.get(f), current.get(f))}

    def judge_changes(self, a, doc, fields):
        good = {"description": lambda v: v is None or isinstance(v, str), "displayName": good_name,
                "labels": lambda v: v is None or good_labels(v)}
        if a.d:
            good = {"versionDescription": good["description"]}
        elsewhere = {"description", "displayName", "versionDescription", "labels"} - good.keys()
        known = {"versionAliases", "modelSourceInfo", *OUTPUT_ONLY, *IMMUTABLE}
        errors = set()
        for f in fields:
            if f in good:
                errors |= set() if good[f](doc.get(f)) else {"EINVAL"}
            elif f in elsewhere:
                errors.add("EINVAL")
            else:
                errors |= {"EPERM"} if f in known else {"EPERM", "EINVAL"}
        if errors or not fields:
            return Outcome(errors)

        writer = self.writer

        def apply():
            a.last = doc, writer
            for f in fields:
                value = doc.get(f) or BASE[f]
                if f == "versionDescription":
                    self.state["versions"][level(a.d)] = value
                else:
                    self.state[f] = value
        return Outcome(call="PATCH " + self.registry.where(a.d), mask=fields, apply=apply)
