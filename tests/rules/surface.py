# SPDX-License-Identifier: MIT
"""For the rule tests that walk one registry through its life, on top of common.py:

    with rule("modelId: taken"):
        refused(api.post(...), "ALREADY_EXISTS", "modelId")

The first thing that is not so ends the rule; end() prints `N passed, N failed`.
"""
import contextlib
import json
import os
import signal
import sys
import time
import traceback

import common

HOSTS = {"vertex": "us-central1-aiplatform.googleapis.com", "automl": "automl.googleapis.com",
         "ml": "ml.googleapis.com"}


class Wrong(AssertionError):
    """An answer that is not what the rule says."""


class Answer:
    def __init__(self, status, text):
        self.status, self.text = status, text
        try:
            self.json = json.loads(text)
        except ValueError:
            self.json = None

    def __repr__(self):
        return f"{self.status} {self.text[:600]!r}"


class Registry(common.Registry):
    def __init__(self, *options, rate=None):
        super().__init__(None, rate=rate, options=options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.faults = []
        self.stop()
        if self.faults:
            with rule("the server ends cleanly"):
                raise Wrong("; ".join(self.faults))

    def request(self, verb, path, body=None, service=None, headers=None):
        """body: bytes as they are, else made JSON; the service shows by the Host."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        heads = {"Content-Type": "application/json", **({"Host": HOSTS[service]} if service else {}),
                 **(headers or {})}
        return Answer(*self.raw(verb, path, data, heads))

    def bucket(self, uri, files):
        """Lay files ({name: text}) below gs://BUCKET/DIR."""
        name, _, below = uri[len("gs://"):].partition("/")
        for path, text in files.items():
            self.put(name, os.path.join(below, path),
                     text if isinstance(text, bytes) else text.encode())

    def path(self, uri):
        assert uri.startswith("gs://"), uri
        return os.path.join(self.data, "buckets", uri[5:])


class Api:
    """One service of a registry."""

    def __init__(self, registry, service, version="v1"):
        self.registry, self.service, self.version = registry, service, version

    def call(self, verb, name, body=None, **more):
        return self.registry.request(verb, f"/{self.version}/{name}", body, self.service, **more)

    def get(self, name):
        return self.call("GET", name)

    def post(self, name, body=None):
        return self.call("POST", name, {} if body is None else body)

    def patch(self, name, body, mask=None):
        return self.call("PATCH", name + (f"?updateMask={mask}" if mask is not None else ""), body)

    def delete(self, name):
        return self.call("DELETE", name)

    def wait(self, operation, seconds=common.WAIT_S):
        """The end of an operation that an answer holds."""
        op = ok(operation)
        deadline = time.monotonic() + seconds
        while not op.get("done"):
            if time.monotonic() > deadline:
                raise Wrong(f"{op['name']} does not end")
            time.sleep(0.02)
            op = ok(self.get(op["name"]))
        return op

    def done(self, operation):
        """An operation that ends well; its response."""
        op = self.wait(operation)
        if "error" in op:
            raise Wrong(f"the operation failed: {op['error']}")
        return op["response"]

    def failed(self, operation, code, words=None):
        """An operation that ends with this code."""
        op = self.wait(operation)
        if op.get("error", {}).get("code") != code:
            raise Wrong(f"error code {code} was expected: {op}")
        if words and words not in op["error"]["message"]:
            raise Wrong(f"{words!r} was expected: {op['error']}")
        return op["error"]


def ok(answer):
    """A good answer's JSON."""
    if answer.status != 200 or not isinstance(answer.json, dict):
        raise Wrong(f"200 was expected, not {answer}")
    return answer.json


def refused(answer, status, field=None):
    """The envelope with this canonical status, and the field it names."""
    error = answer.json.get("error") if isinstance(answer.json, dict) else None
    if not isinstance(error, dict) or error.get("status") != status \
            or answer.status != common.HTTP[status] or error.get("code") != answer.status:
        raise Wrong(f"{status} was expected, not {answer}")
    if field is not None and field not in common.violations(error):
        raise Wrong(f"the field {field} was expected: {answer}")
    return error


def same(given, expected):
    if given != expected:
        raise Wrong(f"{expected!r} was expected, not {given!r}")


def has(thing, *parts):
    for part in parts:
        if part not in thing:
            raise Wrong(f"{part!r} is not in {thing!r}")


def hasnt(thing, *parts):
    for part in parts:
        if part in thing:
            raise Wrong(f"{part!r} is in {thing!r}")


_verdicts = []
signal.alarm(int(os.environ.get("RULES_DEADLINE", "600")))


@contextlib.contextmanager
def rule(name):
    """One row of a table, or a part of one."""
    why = ""
    try:
        yield
    except Exception as e:  # a rule that breaks down has failed, too
        lines = [str(f.lineno) for f in traceback.extract_tb(e.__traceback__)
                 if f.filename == sys.argv[0] or os.path.basename(f.filename) == sys.argv[0]]
        kind = "" if isinstance(e, Wrong) else type(e).__name__ + ": "
        why = f"line {', '.join(lines)}: {kind}{e}"
    _verdicts.append(not why)
    print(f"{'FAIL' if why else 'ok  '} {name}", flush=True)
    if why:
        print(f"       {why}", flush=True)


def skip(name, why):
    print(f"skip {name}: {why}", flush=True)


def end():
    good = sum(_verdicts)
    print(f"{good} passed, {len(_verdicts) - good} failed")
    sys.exit(0 if good == len(_verdicts) else 1)
