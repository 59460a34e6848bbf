# SPDX-License-Identifier: MIT
"""Of random_ops.py: aliases/, and drafts of versions and models."""
import json
import os
import time

from parts import attempt, failed
from texts import Outcome, shown

GUARD = 60  # seconds that a removal is remembered for
ALIASES = ["golden", "stable", "a1", "Bad", "default"]
TARGETS = ["../versions/1", "../versions/2", "../versions/3", "../versions/9", "../displayName", "default", "nowhere"]
DRAFTS = ["versions/new", "versions/next", "../fuzz-draft", "../Bad Id!"]


class Places:
    """Of the World: what has a directory of its own."""

    # ---- aliases
    def alias(self, name):
        return self.at("aliases", name)

    def merge(self, version, alias, gone=None):
        def apply():
            self.state["aliases"][alias] = version
            self.state["aliases"].pop(gone, None)
            self.own_change()
        return Outcome(call=f"POST /v1/{self.registry.resource}@{version}:mergeVersionAliases", apply=apply)

    def leads_to(self, target):
        """The version that a link in aliases/ leads to; None: to none."""
        if target in self.state["aliases"]:
            return self.state["aliases"][target]
        version = target.removeprefix("../versions/")
        return version if version in self.state["versions"] else None

    def alias_done(self, o, got, what, refusals=()):
        if o is None:
            self.refused(got, what, *refusals)
            self.requests(None, what)
        else:
            self.equal(None, got, what)
            self.requests(o, what)
            if o.apply:
                o.apply()
        self.do_aliases()

    def do_ln(self, target, name):
        what = f"ln -s {target} aliases/{name}"
        got = attempt(os.symlink, target, self.alias(name))
        version = self.leads_to(target)
        if name in self.state["aliases"]:
            self.alias_done(None, got, what, ["E:EEXIST"])
        elif name == "Bad" or not version:
            self.alias_done(None, got, what, ["E:EINVAL", "E:ENOENT"])
        else:
            self.alias_done(self.merge(version, name), got, what)

    def do_lnsfn(self, target, name):
        what, tmp = f"ln -sfn {target} aliases/{name}", self.alias("CuA1b2C3")
        self.equal(None, attempt(os.symlink, target, tmp), what)
        got = attempt(os.rename, tmp, self.alias(name))
        version = self.leads_to(target)
        if failed(got):
            os.unlink(tmp)
        if name == "Bad" or not version:
            self.alias_done(None, got, what, ["E:EBADMSG", "E:ENOENT"])
        elif self.state["aliases"].get(name) == version:
            self.alias_done(Outcome(), got, what)
        else:
            self.alias_done(self.merge(version, name), got, what)

    def do_mv_alias(self, old, new):
        what = f"mv aliases/{old} aliases/{new}"
        there = self.state["aliases"].get(old)
        got = attempt(os.rename, self.alias(old), self.alias(new))
        if not there:
            self.alias_done(None, got, what, ["E:ENOENT"])
        elif old == new:
            self.alias_done(Outcome(), got, what)
        elif old == "default" or new == "Bad":
            self.alias_done(None, got, what, ["E:EBUSY", "E:EBADMSG"])
        elif self.state["aliases"].get(new) == there:
            self.alias_done(Outcome() if not self.registry.poll() else self.merge(there, new, old), got, what)
        else:
            self.alias_done(self.merge(there, new, old), got, what)

    def do_rm_alias(self, name):
        what = f"rm aliases/{name}"
        there = self.state["aliases"].get(name)
        doubtful = self.guarded is not None and time.monotonic() - self.guarded < GUARD + 2
        got = attempt(os.unlink, self.alias(name))
        if not there:
            self.alias_done(None, got, what, ["E:ENOENT"])
        elif name == "default":
            self.alias_done(None, got, what, ["E:EBUSY"])
        elif doubtful and got == "E:EBUSY":
            self.alias_done(None, got, what)
        else:
            o = self.merge(there, name)
            o.apply = lambda: (self.state["aliases"].pop(name), self.own_change())
            self.alias_done(o, got, what)
        if failed(got):
            self.guarded = time.monotonic()

    def do_aliases(self):
        """The directory shows what the service has."""
        got = {n: attempt(os.readlink, self.alias(n)) for n in os.listdir(self.at("aliases"))}
        self.equal({a: "../versions/" + v for a, v in self.state["aliases"].items()}, got, "aliases/")

    def reset_aliases(self):
        for n in os.listdir(self.at("aliases")):
            if n.startswith("Cu"):
                os.unlink(self.alias(n))

    # ---- drafts
    def document_in(self, draft):
        return self.at(draft, "model.json")

    def do_mkdraft(self, draft):
        there, what = self.drafts.get(draft), f"mkdir {draft}"
        got = attempt(os.mkdir, self.at(draft))
        if "Bad" in draft:
            self.refused(got, what, "E:EINVAL")
        elif there:
            self.equal("E:EEXIST", got, what)
        else:
            self.equal(None, got, what)
            self.drafts[draft] = "draft"
            json.loads(self.read(self.document_in(draft)))
        self.requests(None, what)

    def do_rmdraft(self, draft):
        there, what = self.drafts.get(draft), f"rmdir {draft}"
        if there == "made":
            return  # that is a deletion
        if there == "refused":
            for kind in ("rejected", "error"):
                os.unlink(self.at(draft, f".model.json.{kind}"))
        got = attempt(os.rmdir, self.at(draft))
        self.equal(None if there else "E:ENOENT", got, what)
        self.requests(None, what)
        self.drafts.pop(draft, None)
        self.equal(False, os.path.lexists(self.at(draft)), what)

    def do_savedraft(self, draft, text, by_rename):
        """text: bytes; None: one that can be created from."""
        if self.drafts.get(draft) not in ("draft", "refused"):
            return
        what, good = f"save of {draft}/model.json", text is None
        if good:
            text = json.dumps(self.documents["versions/1"], indent=2).encode() + b"\n"
        got = attempt(self.save_draft, draft, text, by_rename)
        if not good:
            self.refused(got, what, "E:EBADMSG" if by_rename else "E:EINVAL")
            self.requests(None, what)
            self.drafts[draft] = "refused"
            self.equal(text, attempt(self.read, self.at(draft, ".model.json.rejected")), f"{draft}/.model.json.rejected")
            return
        self.equal(None, got, what)
        self.requests(Outcome(call=f"POST /v1/{self.registry.place}/models:upload"), what)
        self.drafts[draft] = "made"
        state = self.registry.state()
        new = set(state["versions"]) - set(self.state["versions"])
        self.equal(int(draft.startswith("versions")), len(new), f"{what}: new versions")
        self.state = state
        self.own_change()
        if not new:
            self.equal(shown(state["displayName"]), attempt(self.read, self.at(draft, "displayName")), f"{draft}/displayName")
        else:
            self.equal(new, {os.readlink(self.at(draft))}, f"readlink {draft}")

    def save_draft(self, draft, text, by_rename):
        path = self.document_in(draft)
        fd = os.open(self.at(draft, "tmp") if by_rename else path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            os.write(fd, text)
        finally:
            if by_rename:
                os.close(fd)
            else:
                attempt(os.close, fd)
        if by_rename:
            try:
                os.rename(self.at(draft, "tmp"), path)
            except OSError:
                os.unlink(self.at(draft, "tmp"))
                raise

    def reset_drafts(self):
        for draft, what in self.drafts.items():
            if what != "made":
                for kind in ("rejected", "error"):
                    attempt(os.unlink, self.at(draft, f".model.json.{kind}"))
                os.rmdir(self.at(draft))
            elif draft.startswith("versions"):
                os.unlink(self.at(draft))  # the link that it became
            else:
                r = self.registry
                r.done(r.call("DELETE", f"/v1/{r.place}/models/{os.path.basename(draft)}")["name"])
                self.forget()
        self.drafts.clear()
