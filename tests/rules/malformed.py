#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""More than 200 malformed requests: each is a 4xx with the envelope, the server's
memory stays where it was, and it serves the next request."""
import json
import os
import socket
import sys
import time

from surface import Answer, Api, Registry, Wrong, end, ok, rule

L = "projects/demo/locations/us-central1"
VERTEX, AUTOML, ML = f"/v1/{L}", f"/v1/{L}", "/v1/projects/demo"
EXPORT = {"outputConfig": {"exportFormatId": "custom-trained",
                           "artifactDestination": {"outputUriPrefix": "gs://demo-x/y"}}}


def wrong_verbs():
    for verb in ("PUT", "TRACE", "OPTIONS", "CONNECTED", "get", "FOO", "PROPFIND"):
        yield "vertex", verb, f"{VERTEX}/models/m", None
    for service, verb, path in (
            ("vertex", "POST", f"{VERTEX}/models"), ("vertex", "DELETE", f"{VERTEX}/models"),
            ("vertex", "PATCH", f"{VERTEX}/models:upload"),
            ("vertex", "GET", f"{VERTEX}/models:upload"),
            ("vertex", "GET", f"{VERTEX}/models/m:export"),
            ("vertex", "POST", f"{VERTEX}/models/m@1:deleteVersion"),
            ("vertex", "POST", f"{VERTEX}/models/m:deploy"),
            ("vertex", "POST", VERTEX), ("vertex", "DELETE", VERTEX),
            ("automl", "POST", f"{AUTOML}/models:upload"),
            ("automl", "POST", f"{AUTOML}/models/ICN1"),
            ("automl", "GET", f"{AUTOML}/models/ICN1:deploy"),
            ("automl", "DELETE", f"{AUTOML}/models"),
            ("automl", "GET", f"{AUTOML}/models/ICN1:listVersions"),
            ("automl", "POST", f"{AUTOML}/models/ICN1/modelEvaluations"),
            ("ml", "POST", f"{ML}/models/m"), ("ml", "GET", f"{ML}/models/m/versions/v:setDefault"),
            ("ml", "PATCH", f"{ML}/models"), ("ml", "POST", f"{ML}/models/m:export"),
            ("ml", "DELETE", f"{ML}/models/m/versions")):
        yield service, verb, path, None


def wrong_paths():
    for path in ("/", "//", "/v1", "/v1/", "/v2/projects/demo/models", "/v1beta2/" + L, "/v1/project",
                 "/v1/projects", "/v1/projects/", "/v1/projects//locations/us-central1/models",
                 f"/v1//{L}/models", f"/v1/{L}/models/", f"/v1/{L}/models//", f"/v1/{L}/model",
                 f"/v1/{L}/models/m/x", f"/v1/{L}/models/m/versions/1", f"/v1/{L}/Models",
                 f"/V1/{L}/models", f"/v1/{L}/models/m:", f"/v1/{L}/models/:export",
                 f"/v1/{L}/models/m:export:export", f"/v1/{L}/operations/",
                 f"/v1/{L}/operations/1:stop", f"/v1/../v1/{L}/models", f"/v1/{L}/models/..",
                 f"/v1/{L}/models/.", f"/v1/{L}/models/%2e%2e", "/etc/passwd", "/../../etc/passwd",
                 "/storage/v1/b/%2e%2e/o/x", "/storage/v1/b/demo-x/o/..%2f..%2flock",
                 "/storage/v1/b/demo-x/o/%2fetc%2fpasswd", "/storage/v1/b/UP/o/x",
                 "/storage/v1/b/demo-x/o/a%2f%2e%2e%2fb", f"/v1/{L}/" + "models/" * 900,
                 "/v1/" + "a" * 9000, "/favicon.ico", "/healthz/x", "/v3/projects/nobody",
                 "/v3/organizations/1"):
        yield "vertex", "GET", path, None


def wrong_encoding():
    for part in ("%", "%1", "%zz", "%00", "%0g", "a%", "m%2", "%g0", "x%00y", "%%%", "%u0041",
                 "m%00", "%-1"):
        yield "vertex", "GET", f"{VERTEX}/models/{part}", None
        yield "vertex", "GET", f"{VERTEX}/models?filter={part}%", None
    for body in (b"\xff\xfe{\x00}\x00", b"{\"model\":{\"displayName\":\"\xff\"}}",
                 b"{\"model\":{\"displayName\":\"\xed\xa0\x80\"}}",
                 b"{\"model\":{\"displayName\":\"\xc0\x80\"}}", b"\x00", b"\x1f\x8b\x08\x00"):
        yield "vertex", "POST", f"{VERTEX}/models:upload", body


def wrong_json():
    for body in (b"{", b"}", b"[", b"[]", b"null", b"true", b"1", b'"x"', b"{]", b"{}{}", b"{} x",
                 b"{\"a\"}", b"{\"a\":}", b"{\"a\":1,}", b"{,}", b"{a:1}", b"{'a':1}",
                 b"{\"model\":{\"displayName\":\"a\nb\"}}", b"{\"model\":{\"displayName\":\"\\x\"}}",
                 b"{\"model\":{\"displayName\":\"\\u12\"}}", b"{\"model\":01}", b"{\"model\":+1}",
                 b"{\"model\":.5}", b"{\"model\":1.}", b"{\"model\":1e}", b"{\"model\":NaN}",
                 b"{\"model\":Infinity}", b"{\"model\":0x1}", b"{\"model\":tru}", b"// c\n{}",
                 b"{\"model\":{\"displayName\":\"x", b" ", b"\xef\xbb\xbf{}",
                 b"[" * 10000, b"{\"a\":" * 10000, b"[" * 10000 + b"]" * 10000,
                 b"{\"model\":{\"metadata\":" + b"[" * 10000 + b"]" * 10000 + b"}}",
                 b"{\"model\":{\"metadata\":" + b"{\"a\":" * 10000 + b"1" + b"}" * 10000 + b"}}"):
        yield "vertex", "POST", f"{VERTEX}/models:upload", body
    for service, path in (("automl", f"{AUTOML}/models"), ("ml", f"{ML}/models")):
        for body in (b"", b"{", b"[]", b"null", b"{\"a\":" * 10000, b"{}", b"{\"displayName\":1e999}"):
            yield service, "POST", path, body


def wrong_types():
    for value in (None, 1, True, [], "x"):
        yield "vertex", "POST", f"{VERTEX}/models:upload", {"model": value}
    for field, values in (("displayName", (1, True, [], {})), ("labels", (1, "x", [], {"a": 1})),
                          ("versionAliases", ("x", 1, {}, [1], [None])),
                          ("artifactUri", (1, [], {})), ("containerSpec", ("x", [], 1)),
                          ("encryptionSpec", ("x", {"nothing": 1})),
                          ("unknown", (1, "x")), ("predictSchemata", ({"x": 1}, [])),
                          ("dataStats", ({"trainingDataItemsCount": "x"},
                                         {"trainingDataItemsCount": 1.5}))):
        for value in values:
            yield "vertex", "POST", f"{VERTEX}/models:upload", {
                "model": {"displayName": "x", field: value}}
    yield "vertex", "POST", f"{VERTEX}/models:upload", {"model": {"displayName": "x"}, "more": 1}
    for body in ({"outputConfig": []}, {"outputConfig": "x"}, {"config": {}},
                 {"outputConfig": {"exportFormatId": 1}},
                 {"outputConfig": {"artifactDestination": "gs://x/y"}},
                 {"outputConfig": {"artifactDestination": {"uri": "gs://x/y"}}}):
        yield "vertex", "POST", f"{VERTEX}/models/m:export", body
    for value in (1, "ab", {}, [], [1], [[]]):
        yield "vertex", "POST", f"{VERTEX}/models/m@1:mergeVersionAliases", {"versionAliases": value}
    good = {"displayName": "x", "datasetId": "d"}
    for more in ({"datasetId": 1}, {"displayName": []}, {"labels": []}, {"nothing": 1},
                 {"imageClassificationModelMetadata": []},
                 {"imageClassificationModelMetadata": {"modelType": 1}},
                 {"imageClassificationModelMetadata": {"trainBudgetMilliNodeHours": "x"}},
                 {"imageClassificationModelMetadata": {"modelTypes": "cloud"}},
                 {"deploymentState": "SOMEHOW"}, {"deploymentState": 99}, {"createTime": "soon"}):
        yield "automl", "POST", f"{AUTOML}/models", {**good, **more}
    for more in ({"name": 1}, {"name": "a b"}, {"labels": 1}, {"regions": "x"}, {"nothing": 1}):
        yield "ml", "POST", f"{ML}/models", {"name": "x", **more}


def wrong_masks_and_tokens():
    for mask in ("", "x", "displayName.", ",", "..", "display%20name", "a" * 5000, "*", "%00",
                 ",".join(["displayName"] * 200), "DISPLAYNAME", "model.displayName"):
        yield "vertex", "PATCH", f"{VERTEX}/models/m?updateMask={mask}", {"displayName": "x"}
    for token in ("x", "0", "AAAA", "%FF%FF", "a" * 5000, "-", "e30", "null", "..%2f", "%00"):
        yield "vertex", "GET", f"{VERTEX}/models?pageToken={token}", None
        yield "automl", "GET", f"{AUTOML}/models?pageToken={token}", None
    for size in ("-1", "x", "1.5", "99999999999999999999", "%20", "0x10"):
        yield "vertex", "GET", f"{VERTEX}/models?pageSize={size}", None
    for text in ("(", ")", "a=", "=a", "displayName==a", "NOT", "a%20OR", "labels.", "%27", "%22",
                 "(" * 5000, "displayName=a%20AND", "1=1", "displayName=a)", "x" * 5000):
        yield "vertex", "GET", f"{VERTEX}/models?filter={text}", None
    for order in ("x", "display_name%20up", "display_name,,", "display_name%20desc%20desc"):
        yield "vertex", "GET", f"{VERTEX}/models?orderBy={order}", None
    for query in ("nothing=1", "page_sizes=1", "x", "&".join(f"a{i}=1" for i in range(100))):
        yield "vertex", "GET", f"{VERTEX}/models?{query}", None


def huge():
    yield "vertex", "POST", f"{VERTEX}/models:upload", b" " * ((10 << 20) + 1)
    yield "vertex", "POST", f"{VERTEX}/models:upload", (
        b"{\"model\":{\"displayName\":\"" + b"x" * (9 << 20) + b"\"}}")
    yield "automl", "POST", f"{AUTOML}/models", b"{\"displayName\":\"" + b"y" * (12 << 20)
    yield "vertex", "POST", f"{VERTEX}/models:upload", json.dumps(
        {"model": {"displayName": "x", "labels": {f"k{i}": 1 for i in range(100000)}}}).encode()
    yield "vertex", "POST", f"{VERTEX}/models:upload", (
        b"{" + b",".join(b"\"f%d\":1" % i for i in range(200000)) + b"}")


def settled_rss(registry):
    """The last connection's thread ends behind its answer."""
    time.sleep(1)
    return rss(registry)


def sanitized(registry):
    with open(f"/proc/{registry.process.pid}/maps", encoding="utf-8") as f:
        return "libasan" in f.read()


def rss(registry):
    with open(f"/proc/{registry.process.pid}/status", encoding="ascii") as f:
        return next(int(x.split()[1]) for x in f if x.startswith("VmRSS"))


def check(registry, asked):
    """Every one is refused; the number of them."""
    count, faults = 0, []
    for service, verb, path, body in asked:
        count += 1
        try:
            answer = registry.request(verb, path, body, service)
        except Exception as e:  # no answer at all
            answer = Answer(0, f"{type(e).__name__}: {e}")
        error = answer.json.get("error") if isinstance(answer.json, dict) else None
        if not 400 <= answer.status < 500 or not isinstance(error, dict) \
                or error.get("code") != answer.status or not error.get("message") \
                or not isinstance(error.get("status", ""), str):
            faults.append(f"{service} {verb} {path[:120]} {str(body)[:80]}: {str(answer)[:300]}")
    if faults:
        raise Wrong(f"{len(faults)} of {count}: " + "\n       ".join(faults[:20]))
    return count


def raw(registry, data):
    """What comes back for bytes that are no HTTP."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(os.path.join(registry.data, "socket"))
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        got = b""
        while True:
            piece = s.recv(65536)
            if not piece:
                return got
            got += piece


def main():
    kinds = (("verbs", wrong_verbs), ("paths", wrong_paths), ("encoding", wrong_encoding),
             ("JSON", wrong_json), ("types", wrong_types),
             ("masks, tokens, filters, parameters", wrong_masks_and_tokens), ("size", huge))
    with Registry() as registry:
        vertex = Api(registry, "vertex")
        vertex.done(vertex.post(f"{L}/models:upload", {"modelId": "m",
                                                       "model": {"displayName": "x"}}))
        before = ok(vertex.get(f"{L}/models/m"))
        total = 0
        for name, asked in kinds:  # once, so that the allocator has what it will use
            with rule(f"malformed {name}: 4xx with the envelope"):
                total += check(registry, asked())
        settled = settled_rss(registry)
        for _ in range(3):
            for name, asked in kinds:
                try:
                    check(registry, asked())
                except Wrong:
                    pass
        with rule(f"memory is where it was after three times {total} of them"):
            now = settled_rss(registry)
            print(f"     VmRSS {settled} kB, then {now} kB")
            if sanitized(registry):
                print("     (not judged: a sanitizer keeps what is freed)")
            elif now > settled + 4096:
                raise Wrong(f"VmRSS grew from {settled} to {now} kB")
        with rule(f"there are at least 200 of them: {total}"):
            if total < 200:
                raise Wrong(str(total))
        with rule("bytes that are no HTTP do no harm"):
            for data in (b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n",
                         b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
                         b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nx",
                         b"GET /v1/x HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 300000 + b"\r\n\r\n",
                         b"POST /v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\nzz\r\n"):
                try:
                    got = raw(registry, data)
                except OSError:
                    continue
                if got and not got.startswith(b"HTTP/1.") or b" 200 " in got[:20]:
                    raise Wrong(f"{data[:60]!r}: {got[:200]!r}")
        with rule("it serves the next request, and nothing has changed"):
            if ok(vertex.get(f"{L}/models")) != {"models": [before]}:
                raise Wrong("the model is not what it was")
            if ok(Api(registry, "automl").get(f"{L}/models")) != {}:
                raise Wrong("a malformed request made an AutoML model")
            if os.path.exists(os.path.join(registry.data, "buckets", "demo-x")):
                raise Wrong("a malformed request made a bucket")


if __name__ == "__main__":
    sys.argv[0] = os.path.basename(sys.argv[0])
    main()
    end()
