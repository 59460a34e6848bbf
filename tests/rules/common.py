# SPDX-License-Identifier: MIT
"""What the rule tests of the three services share.

A rule test is a function under @rule("SERVICE | FIELD | RULE"); it gets a
Registry and says what it holds with accepted() and refused().  Every failure is
collected, so one run tells all of them; main() prints a table of the rules
with their verdicts and, at its end, `N passed, N failed`.

    MODELFS=build/modelfs tests/rules/ml.py [WORD...]    only rules with these words

RULES_LOG=FILE keeps an access log with bodies and answers.
"""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

HTTP = {
    "INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "OUT_OF_RANGE": 400, "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409, "ABORTED": 409, "PERMISSION_DENIED": 403, "UNIMPLEMENTED": 501,
    "RESOURCE_EXHAUSTED": 429,
}
RULES = []
WAIT_S = 60


def rule(name, **options):
    """options: those of the Registry the rule needs, such as rate=20000."""
    def add(function):
        RULES.append((name, function, options))
        return function
    return add


class Failed(Exception):
    """The rule cannot go on."""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=WAIT_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Registry:
    """A `modelfs serve` on a directory of its own."""

    def __init__(self, service, rate=None, options=()):
        self.service = service
        self.rate = rate
        self.options = options
        self.data = tempfile.mkdtemp(prefix="modelfs-rules-")
        self.count = 0
        self.faults = []
        self.process = None
        self.start()

    def start(self):
        program = os.environ.get("MODELFS") or "build/modelfs"
        args = [program, "serve", "--data", self.data, *self.options]
        if self.rate:
            args += ["--export-rate", str(self.rate)]
        if os.environ.get("RULES_LOG"):  # to be held against the schemas
            args += ["--access-log", os.environ["RULES_LOG"], "--access-log-bodies",
                     "--access-log-answers"]
        self.log = open(os.path.join(self.data, "log"), "ab")
        self.process = subprocess.Popen(args, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                if self.call("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(os.path.join(self.data, "log"), encoding="utf-8") as f:
                    sys.exit(f"modelfs serve does not answer: {f.read()}")
            time.sleep(0.02)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.fault(f"the server does not end within {WAIT_S} s")
        self.log.close()
        with open(os.path.join(self.data, "log"), encoding="utf-8", errors="replace") as f:
            text = f.read()
        for word in ("AddressSanitizer", "runtime error:", "LeakSanitizer"):
            if word in text:
                self.fault(f"the server says {word}: {text[-3000:]}")
        shutil.rmtree(self.data, ignore_errors=True)

    def unique(self, prefix="m"):
        self.count += 1
        return f"{prefix}{self.count}"

    # ---- requests
    def raw(self, verb, path, body=None, headers=None):
        """(status, text); body as bytes."""
        c = UnixConnection(os.path.join(self.data, "socket"))
        try:
            c.request(verb, path, body, {**({"X-Modelfs-Service": self.service} if self.service else {}),
                                         **(headers or {})})
            a = c.getresponse()
            return a.status, a.read().decode()
        finally:
            c.close()

    def call(self, verb, path, body=None, **query):
        """(status, JSON); query names in Python's form are sent as they stand."""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        data = None if body is None else json.dumps(body).encode()
        status, text = self.raw(verb, path, data, {"Content-Type": "application/json"})
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def put(self, bucket, name, data=b"x"):
        """A file at gs://BUCKET/NAME."""
        path = os.path.join(self.data, "buckets", bucket, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        return f"gs://{bucket}/{name}"

    # ---- judgements
    def fault(self, text):
        self.faults.append(text)

    def that(self, good, what):
        if not good:
            self.fault(what)
        return good

    def same(self, want, got, what):
        return self.that(want == got, f"{what}: expected {want!r}, got {got!r}")

    def accepted(self, verb, path, body=None, **query):
        """The answer, which must be a success."""
        status, answer = self.call(verb, path, body, **query)
        if not self.that(status == 200, f"{verb} {path} {brief(body)} {query or ''}: {status} "
                                        f"{message(answer)}"):
            return {}
        return answer

    def refused(self, code, field, verb, path, body=None, **query):
        """A refusal with this code that names this field (None: any)."""
        status, answer = self.call(verb, path, body, **query)
        what = f"{verb} {path} {brief(body)} {query or ''}"
        error = answer.get("error") if isinstance(answer, dict) else None
        if not error:
            self.fault(f"{what}: {status} {brief(answer)}, expected {code}")
            return {}
        self.that(error["status"] == code and status == HTTP[code] == error["code"],
                  f"{what}: {status} {error['status']} ({error['message']}), expected {code}")
        if field:
            named = violations(error)
            self.that(field in named, f"{what}: {named} does not name {field}")
        return error


def violations(error):
    return [v["field"] for d in error.get("details", []) for v in d.get("fieldViolations", [])]


def message(answer):
    return answer["error"]["message"] if isinstance(answer, dict) and "error" in answer else answer


def brief(value):
    text = "" if value is None else json.dumps(value)
    return text if len(text) < 300 else text[:300] + "…"


def until(test, what):
    """Ask until test() gives something."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        value = test()
        if value:
            return value
        time.sleep(0.02)
    raise Failed(f"never: {what}")


def run_one(registry, function):
    registry.faults = []
    try:
        function(registry)
    except Failed as e:
        registry.fault(str(e))
    except Exception as e:  # a broken answer is a fault, not the end of the table
        registry.fault(f"{type(e).__name__}: {e}")
    return registry.faults


def main(service):
    """Run the rules; rules with the same options share a registry."""
    words = sys.argv[1:]
    chosen = [r for r in RULES if all(w in r[0] for w in words)]
    registries, verdicts = {}, {}
    signal.alarm(int(os.environ.get("RULES_DEADLINE", "600")))
    try:
        for name, function, options in chosen:
            key = tuple(sorted(options.items()))
            if key not in registries:
                registries[key] = Registry(service, **options)
            verdicts[name] = run_one(registries[key], function)
            print(f"{'FAIL' if verdicts[name] else 'ok  '} {name}", flush=True)
            for text in verdicts[name]:
                print(f"       {text}", flush=True)
    finally:
        for r in registries.values():
            r.faults = []
            r.stop()
            if r.faults:
                verdicts["the server ends cleanly"] = r.faults
                print("FAIL the server ends cleanly\n       " + "\n       ".join(r.faults))
    failed = sum(1 for f in verdicts.values() if f)
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not verdicts else 0)
