#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hold what was said over the wire against the facts of tests/schema/*.tsv.

    hold.py [--lenient] [--quiet] [--methods] LOG...

LOG is what `modelfs serve --access-log LOG --access-log-bodies
--access-log-answers` wrote; without answers or bodies the rest is judged.  Of each request that was accepted: path, verb,
query and body; of each answer: no unknown field, right types, int64 as strings,
defaults left out, the types of an operation's metadata and response; of each
refusal: the error envelope.  --lenient takes the bodies of requests as Google's
JSON reader does (enumerators and int64 as numbers, names in snake_case).

Prints every difference and one line of figures; exit 1 where there is one.
"""
import argparse
import base64
import json
import re
import sys
from urllib.parse import parse_qsl

sys.dont_write_bytecode = True
import facts  # noqa: E402

SYSTEM = {"access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser",
          "uploadType", "upload_protocol", "userProject", "xgafv", ".xgafv"}
# The log's `service`: services share paths.
TABLES = {"vertex": "aiplatform", "ml": "ml", "automl": "automl", "storage": "storage",
          "cloudresourcemanager": "cloudresourcemanager"}
CANONICAL = {
    "INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "OUT_OF_RANGE": 400, "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403, "NOT_FOUND": 404, "ABORTED": 409, "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429, "CANCELLED": 499, "UNKNOWN": 500, "INTERNAL": 500, "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501, "UNAVAILABLE": 503, "DEADLINE_EXCEEDED": 504,
}
DETAILS = {
    "ErrorInfo": {"reason", "domain", "metadata"}, "BadRequest": {"fieldViolations"},
    "PreconditionFailure": {"violations"}, "ResourceInfo": {"resourceType", "resourceName", "owner", "description"},
    "RequestInfo": {"requestId", "servingData"}, "RetryInfo": {"retryDelay"}, "QuotaFailure": {"violations"},
    "Help": {"links"}, "DebugInfo": {"stackEntries", "detail"}, "LocalizedMessage": {"locale", "message"},
}
# Statuses that HTTP itself has and the canonical codes have not.
PLAIN_HTTP = {405: 405, 408: 408, 411: 411, 413: 413, 414: 414, 415: 415, 431: 431}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?Z")


class Differs(Exception):
    pass


def snake(name):
    return re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), name)


class Holder:
    def __init__(self, apis, lenient):
        self.apis = apis
        self.lenient = lenient
        self.seen = {}  # method id: how often

    # ---- values; `answer` says whose they are
    def scalar(self, kind, value, field, ints, answer, where):
        def bad(what):
            raise Differs(f"{where}: {what}, not {json.dumps(value)[:80]}")

        text = isinstance(value, str)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        loose = self.lenient and not answer
        if kind in ("string", "mask"):
            text or bad("a string")
        elif kind == "bool":
            isinstance(value, bool) or bad("true or false")
        elif kind == "int32":
            number and value == int(value) and -2**31 <= value < 2**32 or bad("a 32-bit number")
        elif kind == "int64":
            text and re.fullmatch(r"-?\d{1,20}", value) or loose and number or bad("an int64 as a string")
        elif kind == "float":
            number or value in ("NaN", "Infinity", "-Infinity") or bad("a number")
        elif kind == "timestamp":
            text and TIMESTAMP.fullmatch(value) or bad("RFC 3339 in UTC")
        elif kind == "duration":
            text and re.fullmatch(r"-?\d+(\.\d{1,9})?s", value) or bad("a duration")
        elif kind == "bytes":
            text or bad("base64")
            try:
                base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_" if loose else None, validate=True)
            except ValueError:
                bad("base64")
        elif kind == "enum":
            # Who asks for numbers ($alt=json;enum-encoding=int) reads names too.
            if number and (ints or loose):
                0 <= value < 1000 or bad("an enumerator's number")
            else:
                value in field.enum or bad("one of " + ", ".join(field.enum))

    def value(self, api, kind, value, field, ints, answer, where):
        if kind == "any":
            return
        if kind.startswith("[]"):
            if not isinstance(value, list):
                raise Differs(f"{where}: not an array")
            for i, v in enumerate(value):
                self.value(api, kind[2:], v, field, ints, answer, f"{where}[{i}]")
        elif kind.startswith("{}"):
            if not isinstance(value, dict):
                raise Differs(f"{where}: not an object")
            for k, v in value.items():
                self.value(api, kind[2:], v, field, ints, answer, f"{where}[{k}]")
        elif kind.startswith("@"):
            self.message(api, kind[1:], value, ints, answer, where)
        else:
            self.scalar(kind, value, field, ints, answer, where)

    def message(self, api, schema, value, ints, answer, where):
        if not isinstance(value, dict):
            raise Differs(f"{where or schema}: not an object")
        fields = api.schemas[schema]
        for key, v in value.items():
            field = fields.get(key)
            if not field and self.lenient and not answer:
                field = next((f for f in fields.values() if snake(f.name) == key), None)
            here = f"{where}.{key}" if where else key
            if not field:
                raise Differs(f"{here}: {schema} has no such field")
            if answer and not field.type.startswith("@") and field.type != "any" and \
                    (v in ("", [], {}) or v is False or v == 0 and not isinstance(v, bool)):
                raise Differs(f"{here}: a default is left out, not {json.dumps(v)}")
            if v is None and answer:
                raise Differs(f"{here}: null")
            if v is not None:
                self.value(api, field.type, v, field, ints, answer, here)

    def packed(self, value, where, ints):
        """google.protobuf.Any: the type says the rest."""
        name = str(value.get("@type", ""))
        rest = {k: v for k, v in value.items() if k != "@type"}
        name = name.removeprefix("type.googleapis.com/")
        if name == "google.protobuf.Empty":
            if rest:
                raise Differs(f"{where}: Empty has fields")
            return name
        for api in self.apis:
            schema = facts.schema_of(api, name)
            if schema in api.schemas:
                self.message(api, schema, rest, ints, True, where)
                return name
        raise Differs(f"{where}: @type {name or 'missing'} is none of the services'")

    def operation(self, method, value, where, ints):
        where = where + "." if where else ""
        unknown = set(value) - {"name", "metadata", "done", "error", "response"}
        if unknown:
            raise Differs(f"{where}{unknown.pop()}: Operation has no such field")
        if not isinstance(value.get("name"), str):
            raise Differs(f"{where}name: missing")
        if value.get("done", True) is not True:
            raise Differs(f"{where}done: a default is left out")
        if ("error" in value) + ("response" in value) != ("done" in value):
            raise Differs(f"{where}done, error and response do not fit")
        for key, want in ("metadata", method.metadata), ("response", method.result):
            if key in value:
                name = self.packed(value[key], where + key, ints)
                if want and name != want:
                    raise Differs(f"{where}{key}: {name}, not {want}")
        if "error" in value:
            e = value["error"]
            if set(e) - {"code", "message", "details"} or not 1 <= e.get("code", 0) <= 16 or not e.get("message"):
                raise Differs(f"{where}error: no google.rpc.Status: {json.dumps(e)}")

    # ---- a request and its answer
    def request(self, m, line):
        for key, v in parse_qsl(line.get("query", ""), keep_blank_values=True):
            if key.startswith("$") or key in SYSTEM:
                continue
            kind = m.query.get(key)
            if not kind and self.lenient:
                kind = next((k for name, k in m.query.items() if snake(name) == key), None)
            if not kind:
                raise Differs(f"query {key}: {m.id} has no such parameter")
            if kind.lstrip("[]") == "int32" and not re.fullmatch(r"-?\d+", v):
                raise Differs(f"query {key}: not a number: {v}")
        body = line.get("body")
        if m.api.name == "storage-v1" or body is None:
            return
        if not m.request:
            if body not in ({}, ""):
                raise Differs(f"body: {m.id} takes none")
        else:
            self.message(m.api, m.request, body, False, False, "")

    def answer(self, m, line):
        body = line.get("answer")
        ints = "enum-encoding=int" in line.get("query", "").replace("%3B", ";")
        if not m.response:
            if body not in (None, "", {}):
                raise Differs("answer: should be empty")
        elif not isinstance(body, dict):
            raise Differs(f"answer: not an object: {json.dumps(body)[:80]}")
        elif m.response.endswith("Operation"):
            self.operation(m, body, "", ints)
        elif m.response.endswith("ListOperationsResponse"):
            if set(body) - {"operations", "nextPageToken", "unreachable"} or body.get("operations") == []:
                raise Differs("answer: no ListOperationsResponse")
            for i, o in enumerate(body.get("operations", [])):
                self.operation(m, o, f"operations[{i}]", ints)
        else:
            self.message(m.api, m.response, body, ints, True, "")

    def envelope(self, line):
        body, status = line.get("answer"), line["status"]
        if not isinstance(body, dict) or set(body) != {"error"}:
            raise Differs(f"refusal: no envelope: {json.dumps(body)[:80]}")
        e = body["error"]
        if set(e) - {"code", "message", "status", "details"} or e.get("code") != status or not e.get("message"):
            raise Differs(f"refusal: {json.dumps(e)[:200]}")
        if CANONICAL.get(e.get("status")) != status and status not in PLAIN_HTTP:
            raise Differs(f"refusal: status {e.get('status')} with HTTP {status}")
        seen = set()
        for d in e.get("details", []):
            name = d.get("@type", "").removeprefix("type.googleapis.com/google.rpc.")
            if name not in DETAILS or set(d) - DETAILS[name] - {"@type"}:
                raise Differs(f"refusal: detail {json.dumps(d)[:120]}")
            if name in seen:
                raise Differs(f"refusal: two details of type {name}")
            seen.add(name)
            for v in d.get("fieldViolations", []):
                if set(v) - {"field", "description", "reason", "localizedMessage"} or not v.get("description"):
                    raise Differs(f"refusal: {json.dumps(v)[:120]}")

    def line(self, line):
        """True: held; False: nothing of the services'."""
        path = line["path"]
        if path in ("/healthz", "/metrics"):
            return False
        told = "answer" in line or not line.get("bytes", 0)
        if line["status"] >= 400:
            if told:
                self.envelope(line)
            return True
        surface = "/v1/" + path[4:] if path.startswith("/ui/") else path
        verb = "GET" if line["verb"] == "HEAD" else line["verb"]
        table = TABLES.get(line.get("service"), "")
        found = [m for a in self.apis if a.name.startswith(table + "-" if table else "")
                 for m in a.methods if m.verb == verb and m.regex.fullmatch(surface)]
        if not found:
            raise Differs("no such method")
        # Without `service` in the log: it must be right for one of them.
        why = None
        for m in found:
            try:
                self.request(m, line)
                if told and line["verb"] != "HEAD":
                    self.answer(m, line)
                self.seen[m.id] = self.seen.get(m.id, 0) + 1
                return True
            except Differs as e:
                why = why or e
        raise why


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--lenient", action="store_true")
    args.add_argument("--quiet", action="store_true", help="the figures only where something differs")
    args.add_argument("--methods", action="store_true", help="also which methods were called, and how often")
    args.add_argument("logs", nargs="+")
    args = args.parse_args()
    holder = Holder(facts.load_all(), args.lenient)
    held = passed = differ = 0
    for log in args.logs:
        with open(log, encoding="utf-8", errors="surrogateescape") as lines:
            for number, text in enumerate(lines, 1):
                line = json.loads(text)
                try:
                    if holder.line(line):
                        held += 1
                    else:
                        passed += 1
                except Differs as e:
                    differ += 1
                    query = "?" + line["query"] if line.get("query") else ""
                    print(f"{log}:{number}: {line['verb']} {line['path']}{query} {line['status']}: {e}")
    if args.methods:
        for name, count in sorted(holder.seen.items()):
            print(f"{count} {name}")
    if differ or not args.quiet:
        print(f"{held} requests and answers held against the schemas, {differ} differ, {passed} not of the services")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
