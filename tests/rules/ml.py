#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every rule of AI Platform (`ml` v1) through REST, at and on both sides of its limits."""
import base64
import re

from common import Failed, main, message, rule, until, violations

P = "/v1/projects/acme"
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6}|\.\d{9})?Z$"
N1 = {"machineType": "n1-standard-4", "framework": "TENSORFLOW"}
IMAGE = "us-central1-docker.pkg.dev/acme/serving/image:tag"
SLOW = {"rate": 20000}  # bytes in a second: a version can be watched while CREATING


# ---- what the rules need
def model(r, **fields):
    name = r.unique()
    r.accepted("POST", f"{P}/models", {"name": name, **fields})
    return f"{P}/models/{name}"


def directory(r, *files, size=1):
    name = r.unique("d")
    for f in files or ["saved_model.pb"]:
        r.put("artifacts", f"{name}/{f}", b"x" * size)
    return f"gs://artifacts/{name}"


def spec(r, **fields):
    """A version that nothing is wrong with; None takes a field away."""
    v = {"name": r.unique("v"), "runtimeVersion": "1.15", "pythonVersion": "3.7", **fields}
    if "deploymentUri" not in v:
        v["deploymentUri"] = directory(r)
    return {k: x for k, x in v.items() if x is not None}


def container(r, **fields):
    """One that is served by a container."""
    return spec(r, **{"runtimeVersion": None, "pythonVersion": None, "deploymentUri": None,
                      "machineType": "n1-standard-2", "container": {"image": IMAGE}, **fields})


def finished(r, operation):
    """The operation when it is done."""
    if not operation.get("name"):
        raise Failed("no operation")
    return until(lambda: (lambda o: o if o.get("done") else None)(
        r.accepted("GET", f"/v1/{operation['name']}")), f"{operation['name']} is done")


def done(r, operation):
    """Its response; it must succeed."""
    o = finished(r, operation)
    r.that("response" in o, f"{o['name']}: {o.get('error')}")
    return o.get("response", {})


def version(r, m, **fields):
    """A version that is READY: its path and its JSON."""
    v = spec(r, **fields)
    return f"{m}/versions/{v['name']}", done(r, r.accepted("POST", f"{m}/versions", v))


def takes(r, v, m=None):
    """The service takes it; the version's JSON when the operation is done."""
    m = m or model(r)
    finished(r, r.accepted("POST", f"{m}/versions", v))
    return r.accepted("GET", f"{m}/versions/{v['name']}")


def no(r, field, v, code="INVALID_ARGUMENT", m=None):
    return r.refused(code, field, "POST", f"{m or model(r)}/versions", v)


def fails(r, v, words):
    """The call is accepted, the version ends FAILED and says why."""
    m = model(r)
    o = finished(r, r.accepted("POST", f"{m}/versions", v))
    r.that(words in o.get("error", {}).get("message", ""), f"operation: {o.get('error')}")
    got = r.accepted("GET", f"{m}/versions/{v['name']}")
    r.same("FAILED", got.get("state"), "state")
    r.that(words in got.get("errorMessage", ""), f"errorMessage: {got.get('errorMessage')!r}")
    r.that("defaultVersion" not in r.accepted("GET", m), "a FAILED version became the default")


def patch(r, path, mask, body):
    return done(r, r.accepted("PATCH", path, body, updateMask=mask))


# ---- names
GOOD_NAMES = ["a", "Z", "census", "a1_B", "x" * 128]
BAD_NAMES = ["", "1a", "_a", "a-b", "a.b", "a b", "modèle", "x" * 129,
             "projects/acme/models/a", "a\n"]


@rule("ml | model name | [A-Za-z][A-Za-z0-9_]{0,127}, required")
def _(r):
    for name in GOOD_NAMES:
        got = r.accepted("POST", f"{P}/models", {"name": name})
        r.same(f"projects/acme/models/{name}", got.get("name"), "name")
    for name in BAD_NAMES:
        r.refused("INVALID_ARGUMENT", "name", "POST", f"{P}/models", {"name": name})
    r.refused("INVALID_ARGUMENT", "name", "POST", f"{P}/models", {})
    r.refused("INVALID_ARGUMENT", "name", "POST", f"{P}/models", {"name": 7})


@rule("ml | model name | unique in the project, case-sensitive")
def _(r):
    r.accepted("POST", f"{P}/models", {"name": "unique"})
    r.refused("ALREADY_EXISTS", "name", "POST", f"{P}/models", {"name": "unique"})
    r.accepted("POST", f"{P}/models", {"name": "Unique"})
    r.accepted("POST", "/v1/projects/other/models", {"name": "unique"})


@rule("ml | version name | [A-Za-z][A-Za-z0-9_]{0,127}, required")
def _(r):
    m = model(r)
    for name in GOOD_NAMES:
        got = takes(r, spec(r, name=name), m)
        r.same(f"projects/acme/models/{m.split('/')[-1]}/versions/{name}", got.get("name"), "name")
    for name in BAD_NAMES:
        no(r, "name", spec(r, name=name), m=m)
    no(r, "name", spec(r, name=None), m=m)


@rule("ml | version name | unique in the model")
def _(r):
    m, other = model(r), model(r)
    takes(r, spec(r, name="v1"), m)
    no(r, "name", spec(r, name="v1"), "ALREADY_EXISTS", m)
    takes(r, spec(r, name="V1"), m)
    takes(r, spec(r, name="v1"), other)


@rule("ml | names | answered with the project as it was sent, id or number")
def _(r):
    m = model(r)
    path, _v = version(r, m)
    o = r.accepted("GET", f"{P}/operations")
    number = o["operations"][0]["metadata"]["projectNumber"]
    r.that(re.fullmatch(r"\d+", number), f"projectNumber {number!r}")
    for project in ["acme", number]:
        q = f"projects/{project}/"
        tail = m.split("/models/")[1]
        got = r.accepted("GET", f"/v1/{q}models/{tail}")
        r.same(f"{q}models/{tail}", got.get("name"), "model")
        r.that(got["defaultVersion"]["name"].startswith(q), "defaultVersion.name")
        got = r.accepted("GET", f"/v1/{q}models/{path.split('/models/')[1]}")
        r.that(got["name"].startswith(q), "version")
        for op in r.accepted("GET", f"/v1/{q}operations")["operations"]:
            r.that(op["name"].startswith(q) and op["metadata"]["modelName"].startswith(q),
                   f"operation {op['name']}, {op['metadata']['modelName']}")
            for part in (op["metadata"].get("version", {}), op.get("response", {})):
                r.that(part.get("name", q).startswith(q), f"in {op['name']}: {part.get('name')}")
        for loc in r.accepted("GET", f"/v1/{q}locations")["locations"]:
            r.that(loc["name"].startswith(q), loc["name"])


# ---- plain fields
@rule("ml | description | any text, of model and version")
def _(r):
    for text in ["x", "zwei\nZeilen\n", "ü ☃ \U0001f600", "x" * 100000, "\"\\\t"]:
        m = model(r, description=text)
        r.same(text, r.accepted("GET", m).get("description"), "model")
        r.same(text, takes(r, spec(r, description=text), m).get("description"), "version")
    r.that("description" not in r.accepted("GET", model(r, description="")), "an empty one")


@rule("ml | labels | string to string, arbitrary")
def _(r):
    labels = {"name": "wrench", "mass": "1.3kg", "count": "3", "": "empty", "Ä B/c.d": "", "x" * 200: "Y" * 200}
    m = model(r, labels=labels)
    r.same(labels, r.accepted("GET", m).get("labels"), "model")
    r.same(labels, takes(r, spec(r, labels=labels), m).get("labels"), "version")
    no(r, "labels.count", spec(r, labels={"count": 3}), m=m)
    no(r, "labels", spec(r, labels=["a"]), m=m)
    r.refused("INVALID_ARGUMENT", "labels.a", "POST", f"{P}/models",
              {"name": r.unique(), "labels": {"a": True}})


@rule("ml | regions | at most one, default us-central1")
def _(r):
    r.same(["us-central1"], r.accepted("GET", model(r)).get("regions"), "default")
    r.same(["europe-west1"], r.accepted("GET", model(r, regions=["europe-west1"])).get("regions"),
           "given")
    r.refused("INVALID_ARGUMENT", "regions", "POST", f"{P}/models",
              {"name": r.unique(), "regions": ["us-central1", "us-east1"]})


@rule("ml | onlinePredictionLogging | booleans, false is left out")
def _(r):
    got = r.accepted("GET", model(r, onlinePredictionLogging=True,
                                  onlinePredictionConsoleLogging=False))
    r.same(True, got.get("onlinePredictionLogging"), "true")
    r.that("onlinePredictionConsoleLogging" not in got, "false is answered")
    r.refused("INVALID_ARGUMENT", "onlinePredictionLogging", "POST", f"{P}/models",
              {"name": r.unique(), "onlinePredictionLogging": "yes"})


@rule("ml | isDefault, createTime, lastUseTime, state, errorMessage | output only: ignored")
def _(r):
    m = model(r)
    old = "2014-10-02T15:01:23.045123456Z"
    got = takes(r, spec(r, isDefault=False, createTime=old, lastUseTime=old, state="FAILED",
                        errorMessage="no", lastMigrationTime=old, lastMigrationModelId="7"), m)
    r.same(True, got.get("isDefault"), "isDefault")
    r.same("READY", got.get("state"), "state")
    r.that(re.match(TIME, got["createTime"]) and got["createTime"] != old, "createTime")
    for field in ("lastUseTime", "errorMessage", "lastMigrationTime", "lastMigrationModelId"):
        r.that(field not in got, f"{field} is answered")
    no(r, "state", spec(r, state="NO_STATE"), m=m)
    no(r, "createTime", spec(r, createTime="yesterday"), m=m)
    got = takes(r, spec(r, isDefault=True), m)
    r.that("isDefault" not in got, "a second version took the default")
    m = model(r, defaultVersion={"name": "v1"})
    r.that("defaultVersion" not in r.accepted("GET", m), "defaultVersion")


@rule("ml | unknown and wrong fields | refused by path")
def _(r):
    no(r, "displayName", spec(r, displayName="x"))
    no(r, "autoScaling.max", spec(r, autoScaling={"max": 1}))
    no(r, "packageUris", spec(r, packageUris="gs://artifacts/p.tar.gz"))
    no(r, "autoScaling.minNodes", spec(r, autoScaling={"minNodes": "many"}))
    no(r, "autoScaling.minNodes", spec(r, autoScaling={"minNodes": 2147483648}))
    no(r, "container", spec(r, container=[]))
    r.refused("INVALID_ARGUMENT", None, "POST", f"{P}/models", [])
    # snake_case, integer enums, int64 as number: the mapping takes them
    got = takes(r, {"name": "snake", "deployment_uri": directory(r), "runtime_version": "1.15",
                    "python_version": "3.7", "machine_type": "n1-standard-2", "framework": 1,
                    "manual_scaling": {"nodes": 2},
                    "accelerator_config": {"count": 2, "type": "NVIDIA_TESLA_K80"}})
    r.same("TENSORFLOW", got.get("framework"), "framework 1")
    r.same({"nodes": 2}, got.get("manualScaling"), "manualScaling")
    r.same({"count": "2", "type": "NVIDIA_TESLA_K80"}, got.get("acceleratorConfig"), "int64")


# ---- deploymentUri
@rule("ml | deploymentUri | required (unless container), gs://…")
def _(r):
    no(r, "deploymentUri", spec(r, deploymentUri=None))
    no(r, "deploymentUri", spec(r, deploymentUri=""))
    for uri in ("artifacts/d", "http://artifacts/d", "/artifacts/d", "gs://", "gs:///d", "GS://a/d"):
        no(r, "deploymentUri", spec(r, deploymentUri=uri))
    uri = directory(r) + "/"
    r.same(uri, takes(r, spec(r, deploymentUri=uri)).get("deploymentUri"), "deploymentUri")
    got = takes(r, container(r))
    r.same("READY", got.get("state"), "container without deploymentUri")
    r.same("READY", takes(r, container(r, deploymentUri=directory(r, "any"))).get("state"),
           "container with one")


@rule("ml | deploymentUri | none or more than 1000 files: FAILED; 1 and 1000: READY")
def _(r):
    fails(r, spec(r, deploymentUri="gs://artifacts/nothing"), "No file")
    fails(r, spec(r, deploymentUri="gs://nobucket/here"), "No file")
    r.same("READY", takes(r, spec(r, deploymentUri=directory(r, "saved_model.pb"))).get("state"), "1")
    files = ["saved_model.pb"] + [f"variables/{i // 100}/{i}" for i in range(1, 1000)]
    r.same("READY", takes(r, spec(r, deploymentUri=directory(r, *files))).get("state"), "1000")
    fails(r, spec(r, deploymentUri=directory(r, *files, "one_more")), "More than 1000")


@rule("ml | deploymentUri | its files are copied below artifacts; then it is history only")
def _(r):
    import os
    import shutil
    uri = directory(r, "saved_model.pb", "variables/variables.index", size=70000)
    m = model(r)
    path, got = version(r, m, deploymentUri=uri)
    shutil.rmtree(os.path.join(r.data, "buckets", uri[len("gs://"):]))
    copy = os.path.join(r.data, "artifacts", "ml", path[len("/v1/"):])
    number = r.accepted("GET", f"{P}/operations")["operations"][0]["metadata"]["projectNumber"]
    for c in (copy, copy.replace("/acme/", f"/{number}/")):
        for f in ("saved_model.pb", "variables/variables.index"):
            with open(os.path.join(c, f), "rb") as file:
                r.same(b"x" * 70000, file.read(), f)
    r.same(uri, r.accepted("GET", path).get("deploymentUri"), "deploymentUri")
    r.that(not [f for f in os.listdir(os.path.dirname(copy)) if f.startswith(".")], "remains")
    done(r, r.accepted("DELETE", path))
    r.that(not os.path.exists(copy), "the files outlive the version")


# ---- runtime and Python
@rule("ml | runtimeVersion | required, components are compared as numbers")
def _(r):
    no(r, "runtimeVersion", spec(r, runtimeVersion=None))
    for text in ("", "1", "1.", "a.b", "1.15-gpu", "1.15.0.0", "-1.4"):
        no(r, "runtimeVersion", spec(r, runtimeVersion=text))
    r.same("1.15", takes(r, spec(r, framework="XGBOOST")).get("runtimeVersion"), "1.15 > 1.4")
    r.same("2.11", takes(r, spec(r, runtimeVersion="2.11")).get("runtimeVersion"), "2.11")


@rule("ml | pythonVersion | required; one of 3.7, 3.5, 2.7")
def _(r):
    no(r, "pythonVersion", spec(r, pythonVersion=None))
    for text in ("", "3", "3.6", "3.70", "2.7.18", "python3.7"):
        no(r, "pythonVersion", spec(r, pythonVersion=text))


def python(r, version, good, bad):
    m = model(r)
    for runtime in good:
        got = takes(r, spec(r, pythonVersion=version, runtimeVersion=runtime), m)
        r.same(version, got.get("pythonVersion"), f"runtime {runtime}")
    for runtime in bad:
        no(r, "pythonVersion", spec(r, pythonVersion=version, runtimeVersion=runtime), m=m)


@rule("ml | pythonVersion | 3.7 needs runtime 1.15 or later")
def _(r):
    python(r, "3.7", ["1.15", "1.16", "2.1", "2.11"], ["1.14", "1.4", "1.2", "0.15"])


@rule("ml | pythonVersion | 3.5 needs runtime 1.4 to 1.14")
def _(r):
    python(r, "3.5", ["1.4", "1.5", "1.13", "1.14"], ["1.3", "1.15", "2.4", "1.0"])


@rule("ml | pythonVersion | 2.7 needs runtime 1.15 or earlier")
def _(r):
    python(r, "2.7", ["1.0", "1.2", "1.4", "1.14", "1.15"], ["1.16", "2.1"])


# ---- machines and frameworks
MACHINES = ["mls1-c1-m2", "mls1-c4-m2"] + [
    f"n1-{kind}-{n}" for kind in ("standard", "highmem", "highcpu") for n in (2, 4, 8, 16, 32)]


@rule("ml | machineType | the seventeen, default mls1-c1-m2")
def _(r):
    m = model(r)
    for machine in MACHINES:
        got = takes(r, spec(r, machineType=machine, framework="TENSORFLOW"), m)
        r.same(machine, got.get("machineType"), "machineType")
    r.same("mls1-c1-m2", takes(r, spec(r), m).get("machineType"), "default")
    for machine in ("mls1-c2-m2", "mls1-c4-m4", "n1-standard-1", "n1-standard-64", "n1-highmem-",
                    "n1-highcpu-96", "n1-standard-02", "e2-standard-2", "N1-standard-2"):
        no(r, "machineType", spec(r, machineType=machine, framework="TENSORFLOW"), m=m)


@rule("ml | framework | TENSORFLOW, SCIKIT_LEARN, XGBOOST")
def _(r):
    for framework in ("TENSORFLOW", "SCIKIT_LEARN", "XGBOOST"):
        got = takes(r, spec(r, framework=framework, deploymentUri=directory(r, "anything")))
        r.same(framework, got.get("framework"), "framework")
    for framework in ("PYTORCH", "tensorflow", 4):
        no(r, "framework", spec(r, framework=framework))


@rule("ml | framework | absent or FRAMEWORK_UNSPECIFIED: by file suffix, none found: FAILED")
def _(r):
    found = {"saved_model.pb": "TENSORFLOW", "saved_model.pbtxt": "TENSORFLOW",
             "model.joblib": "SCIKIT_LEARN", "model.pkl": "SCIKIT_LEARN", "model.bst": "XGBOOST"}
    for name, framework in found.items():
        for given in (None, "FRAMEWORK_UNSPECIFIED"):
            got = takes(r, spec(r, framework=given, deploymentUri=directory(r, name, "other.txt")))
            r.same("READY", got.get("state"), f"{name}: {got.get('errorMessage')}")
            r.same(framework, got.get("framework"), name)
    for name in ("model.h5", "my_model.pkl", "saved_model.pb.txt", "model.bst.gz"):
        fails(r, spec(r, deploymentUri=directory(r, name)), "framework cannot be told")


@rule("ml | framework | SCIKIT_LEARN and XGBOOST need runtime 1.4 or greater")
def _(r):
    for framework in ("SCIKIT_LEARN", "XGBOOST"):
        v = {"framework": framework, "pythonVersion": "2.7"}
        no(r, "framework", spec(r, runtimeVersion="1.3", **v))
        for runtime in ("1.4", "1.5", "1.15"):
            takes(r, spec(r, runtimeVersion=runtime, **v))
    takes(r, spec(r, runtimeVersion="1.3", pythonVersion="2.7", framework="TENSORFLOW"))


@rule("ml | framework | an N1 machine needs TENSORFLOW")
def _(r):
    takes(r, spec(r, machineType="n1-standard-2", framework="TENSORFLOW"))
    for framework in ("SCIKIT_LEARN", "XGBOOST", None, "FRAMEWORK_UNSPECIFIED"):
        no(r, "framework", spec(r, machineType="n1-standard-2", framework=framework))
    takes(r, spec(r, machineType="mls1-c4-m2", framework="XGBOOST"))


@rule("ml | framework | none with a predictionClass")
def _(r):
    v = {"predictionClass": "m.C", "packageUris": ["gs://artifacts/p.tar.gz"]}
    for framework in ("TENSORFLOW", "SCIKIT_LEARN", "XGBOOST"):
        no(r, "framework", spec(r, framework=framework, **v))
    got = takes(r, spec(r, deploymentUri=directory(r, "anything"), **v))
    r.same("READY", got.get("state"), "state")
    r.that("framework" not in got, "a framework was found all the same")


# ---- custom code
@rule("ml | packageUris | gs://…")
def _(r):
    uris = ["gs://artifacts/a.tar.gz", "gs://artifacts/dir/b.tar.gz"]
    r.same(uris, takes(r, spec(r, packageUris=uris)).get("packageUris"), "packageUris")
    for uri in ("a.tar.gz", "/a.tar.gz", "https://x/a", ""):
        no(r, "packageUris", spec(r, packageUris=[uris[0], uri]))


@rule("ml | packageUris | needs runtime 1.4 or greater")
def _(r):
    v = {"packageUris": ["gs://artifacts/p.tar.gz"], "pythonVersion": "2.7"}
    no(r, "packageUris", spec(r, runtimeVersion="1.3", **v))
    takes(r, spec(r, runtimeVersion="1.4", **v))
    takes(r, spec(r, runtimeVersion="1.15", **v))


PACKAGE = {"packageUris": ["gs://artifacts/p.tar.gz"]}


@rule("ml | predictionClass | module_name.class_name")
def _(r):
    for text in ("module.Class", "_m._C", "pkg.sub.module.Class"):
        got = takes(r, spec(r, predictionClass=text, **PACKAGE))
        r.same(text, got.get("predictionClass"), "predictionClass")
    for text in ("Class", ".Class", "module.", "a..b", "1m.C", "m.C-x", "m C"):
        no(r, "predictionClass", spec(r, predictionClass=text, **PACKAGE))


@rule("ml | predictionClass | needs runtime 1.4, an MLS1 machine, and packageUris")
def _(r):
    v = {"predictionClass": "module.Class", "pythonVersion": "2.7"}
    e = no(r, None, spec(r, runtimeVersion="1.3", **v, **PACKAGE))
    r.that(set(violations(e)) & {"predictionClass", "packageUris"}, f"{violations(e)}")
    takes(r, spec(r, runtimeVersion="1.4", **v, **PACKAGE))
    no(r, "predictionClass", spec(r, **v))
    no(r, "predictionClass", spec(r, packageUris=[], **v))
    no(r, "predictionClass", spec(r, machineType="n1-standard-2", **v, **PACKAGE))
    takes(r, spec(r, machineType="mls1-c4-m2", **v, **PACKAGE))


@rule("ml | serviceAccount | needs container or predictionClass")
def _(r):
    account = "sa@acme.iam.gserviceaccount.com"
    no(r, "serviceAccount", spec(r, serviceAccount=account))
    for v in (container(r, serviceAccount=account),
              spec(r, serviceAccount=account, predictionClass="m.C", **PACKAGE)):
        r.same(account, takes(r, v).get("serviceAccount"), "serviceAccount")


@rule("ml | container, routes | exclude runtime, Python, framework, packages, prediction class")
def _(r):
    for field, value in (("runtimeVersion", "1.15"), ("pythonVersion", "3.7"),
                         ("framework", "TENSORFLOW"), ("packageUris", ["gs://artifacts/p"]),
                         ("predictionClass", "m.C")):
        no(r, field, container(r, **{field: value}))
    takes(r, container(r, framework="FRAMEWORK_UNSPECIFIED"))


@rule("ml | container | machineType required, deploymentUri optional")
def _(r):
    no(r, "machineType", container(r, machineType=None))
    for machine in ("mls1-c1-m2", "n1-highcpu-32"):
        r.same("READY", takes(r, container(r, machineType=machine)).get("state"), machine)


@rule("ml | container | image in Artifact Registry, ports, environment")
def _(r):
    got = takes(r, container(r, container={"image": IMAGE, "command": ["a"], "args": ["-b"],
                                           "env": [{"name": "VAR_1", "value": "foo"}]}))
    r.same([{"containerPort": 8080}], got["container"].get("ports"), "default port")
    r.same([{"name": "VAR_1", "value": "foo"}], got["container"].get("env"), "env")
    for image in (None, "", "image", "gcr.io/acme/image", "docker.pkg.dev/a/b/c"):
        no(r, "container.image", container(r, container={"image": image} if image else {}))
    for port in (1, 65535):
        takes(r, container(r, container={"image": IMAGE, "ports": [{"containerPort": port}]}))
    for port in (0, -1, 65536):
        no(r, "container.ports",
           container(r, container={"image": IMAGE, "ports": [{"containerPort": port}]}))
    for name in ("", "1A", "A-B", "AIP_MODE"):
        no(r, "container.env", container(r, container={"image": IMAGE, "env": [{"name": name}]}))


@rule("ml | routes | need a container; defaults name model and version")
def _(r):
    no(r, "routes", spec(r, routes={"predict": "/foo"}))
    m = model(r)
    v = container(r)
    base = f"/v1/models/{m.split('/')[-1]}/versions/{v['name']}"
    r.same({"health": base, "predict": f"{base}:predict"}, takes(r, v, m).get("routes"), "default")
    v = container(r, routes={"predict": "/foo"})
    base = f"/v1/models/{m.split('/')[-1]}/versions/{v['name']}"
    r.same({"health": base, "predict": "/foo"}, takes(r, v, m).get("routes"), "one given")


# ---- scaling
@rule("ml | autoScaling, manualScaling | one of them; neither: autoScaling")
def _(r):
    no(r, "manualScaling", spec(r, autoScaling={}, manualScaling={"nodes": 1}))
    for fields in ({}, N1):
        got = takes(r, spec(r, **fields))
        r.that("autoScaling" in got and "manualScaling" not in got, f"{got}")
    got = takes(r, spec(r, manualScaling={"nodes": 1}))
    r.that("autoScaling" not in got, "both are answered")


@rule("ml | autoScaling.minNodes | default 0 on MLS1, 1 on N1, where it is at least 1")
def _(r):
    r.same({}, takes(r, spec(r)).get("autoScaling"), "MLS1, neither")
    r.same({}, takes(r, spec(r, autoScaling={})).get("autoScaling"), "MLS1, {}")
    r.same({}, takes(r, spec(r, autoScaling={"minNodes": 0})).get("autoScaling"), "MLS1, 0")
    r.same({"minNodes": 5}, takes(r, spec(r, autoScaling={"minNodes": 5})).get("autoScaling"), "5")
    no(r, "autoScaling.minNodes", spec(r, autoScaling={"minNodes": -1}))
    r.same({"minNodes": 1}, takes(r, spec(r, **N1)).get("autoScaling"), "N1, neither")
    r.same({"minNodes": 1}, takes(r, spec(r, autoScaling={}, **N1)).get("autoScaling"), "N1, {}")
    r.same({"minNodes": 1},
           takes(r, spec(r, autoScaling={"minNodes": 1}, **N1)).get("autoScaling"), "N1, 1")
    no(r, "autoScaling.minNodes", spec(r, autoScaling={"minNodes": 0}, **N1))


@rule("ml | manualScaling.nodes | at least 1")
def _(r):
    r.same({"nodes": 1}, takes(r, spec(r, manualScaling={"nodes": 1})).get("manualScaling"), "1")
    for value in ({}, {"nodes": 0}, {"nodes": -1}):
        no(r, "manualScaling.nodes", spec(r, manualScaling=value))


@rule("ml | acceleratorConfig | needs an N1 machine and manualScaling")
def _(r):
    gpu = {"acceleratorConfig": {"count": "1", "type": "NVIDIA_TESLA_T4"}}
    got = takes(r, spec(r, manualScaling={"nodes": 1}, **N1, **gpu))
    r.same(gpu["acceleratorConfig"], got.get("acceleratorConfig"), "acceleratorConfig")
    no(r, "acceleratorConfig", spec(r, manualScaling={"nodes": 1}, **gpu))
    no(r, "acceleratorConfig", spec(r, autoScaling={"minNodes": 1}, **N1, **gpu))
    no(r, "acceleratorConfig", spec(r, **N1, **gpu))
    no(r, "acceleratorConfig.type",
       spec(r, manualScaling={"nodes": 1}, acceleratorConfig={"type": "GPU"}, **N1))


# ---- logging and explanations
@rule("ml | requestLoggingConfig | in create: accepted, no effect")
def _(r):
    for config in ({"bigqueryTableName": "p.d.t", "samplingPercentage": 0.1},
                   {"samplingPercentage": 7}):
        got = takes(r, spec(r, requestLoggingConfig=config))
        r.same("READY", got.get("state"), "state")
        r.that("requestLoggingConfig" not in got, "it had an effect")


@rule("ml | requestLoggingConfig | in patch: samplingPercentage 0 … 1, default 0")
def _(r):
    path, _v = version(r, model(r))
    table = {"bigqueryTableName": "acme.logs.requests"}
    for percentage in (0, 0.1, 1):
        got = patch(r, path, "requestLoggingConfig",
                    {"requestLoggingConfig": {"samplingPercentage": percentage, **table}})
        want = {**table, **({"samplingPercentage": percentage} if percentage else {})}
        r.same(want, got.get("requestLoggingConfig"), f"{percentage}")
    got = patch(r, path, "requestLoggingConfig", {"requestLoggingConfig": table})
    r.same(table, got.get("requestLoggingConfig"), "default")
    for percentage in (-0.1, 1.01, 10, "NaN"):
        r.refused("INVALID_ARGUMENT", "requestLoggingConfig.samplingPercentage", "PATCH", path,
                  {"requestLoggingConfig": {"samplingPercentage": percentage, **table}},
                  updateMask="requestLoggingConfig")
    got = patch(r, path, "request_logging_config", {})
    r.that("requestLoggingConfig" not in got, "it is not cleared")


@rule("ml | requestLoggingConfig | in patch: bigqueryTableName project.dataset.table required")
def _(r):
    path, _v = version(r, model(r))
    for table in ("projectId.dataset_name.table_name", "example.com:proj-1.d1.T_2"):
        got = patch(r, path, "requestLoggingConfig",
                    {"requestLoggingConfig": {"bigqueryTableName": table}})
        r.same({"bigqueryTableName": table}, got.get("requestLoggingConfig"), table)
    for config in ({}, {"samplingPercentage": 0.5}, {"bigqueryTableName": ""},
                   {"bigqueryTableName": "dataset.table"}, {"bigqueryTableName": "p.d."},
                   {"bigqueryTableName": "p..t"}, {"bigqueryTableName": ".d.t"},
                   {"bigqueryTableName": "p.d.t-x"}, {"bigqueryTableName": "p.d x.t"}):
        r.refused("INVALID_ARGUMENT", "requestLoggingConfig.bigqueryTableName", "PATCH", path,
                  {"requestLoggingConfig": config}, updateMask="requestLoggingConfig")


ARMS = {"integratedGradientsAttribution": "numIntegralSteps", "sampledShapleyAttribution": "numPaths",
        "xraiAttribution": "numIntegralSteps"}


@rule("ml | explanationConfig | exactly one attribution, its count at least 1")
def _(r):
    for arm, count in ARMS.items():
        for n in (1, 50):
            config = {arm: {count: n}}
            got = takes(r, spec(r, explanationConfig=config))
            r.same(config, got.get("explanationConfig"), "explanationConfig")
        for value in ({}, {count: 0}, {count: -1}):
            no(r, f"explanationConfig.{arm}", spec(r, explanationConfig={arm: value}))
    no(r, "explanationConfig", spec(r, explanationConfig={}))
    no(r, "explanationConfig",
       spec(r, explanationConfig={a: {c: 1} for a, c in list(ARMS.items())[:2]}))


@rule("ml | explanationConfig | TENSORFLOW only")
def _(r):
    config = {"explanationConfig": {"sampledShapleyAttribution": {"numPaths": 1}}}
    r.same("READY", takes(r, spec(r, framework="TENSORFLOW", **config)).get("state"), "given")
    r.same("READY", takes(r, spec(r, **config)).get("state"), "found")
    for framework in ("SCIKIT_LEARN", "XGBOOST"):
        no(r, "explanationConfig", spec(r, framework=framework, **config))
    no(r, "explanationConfig", spec(r, predictionClass="m.C", **PACKAGE, **config))
    fails(r, spec(r, deploymentUri=directory(r, "model.bst"), **config), "TENSORFLOW only")


# ---- etag
@rule("ml | etag | base64 of eight bytes; another value in patch is ABORTED")
def _(r):
    m = model(r)
    path, _v = version(r, m)
    for p in (m, path):
        etag = r.accepted("GET", p)["etag"]
        r.same(8, len(base64.b64decode(etag, validate=True)), f"bytes of {etag}")
        r.refused("ABORTED", "etag", "PATCH", p, {"description": "x", "etag": "BlXqEgx9VQg="},
                  updateMask="description")
        r.refused("INVALID_ARGUMENT", "etag", "PATCH", p, {"description": "x", "etag": "%"},
                  updateMask="description")
        r.same(etag, r.accepted("GET", p)["etag"], "a refusal changed it")
        patch(r, p, "description", {"description": "one", "etag": etag})
        new = r.accepted("GET", p)
        r.that(new["etag"] != etag and new["description"] == "one", f"{new}")
        r.refused("ABORTED", "etag", "PATCH", p, {"description": "two", "etag": etag},
                  updateMask="description")
        patch(r, p, "description", {"description": "blind"})


# ---- masks
@rule("ml | updateMask | required and not empty")
def _(r):
    m = model(r)
    path, _v = version(r, m)
    for p in (m, path):
        r.refused("INVALID_ARGUMENT", "updateMask", "PATCH", p, {"description": "x"})
        for mask in ("", "*", ",", "*,description"):
            r.refused("INVALID_ARGUMENT", "updateMask", "PATCH", p, {"description": "x"},
                      updateMask=mask)


@rule("ml | updateMask | versions: description, requestLoggingConfig, the two nodes; else refused")
def _(r):
    path, _v = version(r, model(r), **N1, labels={"a": "1"})
    r.same("new", patch(r, path, "description", {"description": "new"}).get("description"), "set")
    r.that("description" not in patch(r, path, "description", {}), "absent clears it")
    got = patch(r, path, "labels,description", {"labels": {"b": "2"}, "description": "x"})
    r.same({"b": "2"}, got.get("labels"), "labels on N1")
    got = patch(r, path, "autoScaling.minNodes", {"autoScaling": {"minNodes": 5}})
    r.same({"minNodes": 5}, got.get("autoScaling"), "minNodes")
    got = patch(r, path, "auto_scaling.min_nodes", {"auto_scaling": {"min_nodes": 2}})
    r.same({"minNodes": 2}, got.get("autoScaling"), "snake_case")
    r.refused("INVALID_ARGUMENT", "autoScaling.minNodes", "PATCH", path,
              {"autoScaling": {"minNodes": 0}}, updateMask="autoScaling.minNodes")
    for mask in ("name", "framework", "deploymentUri", "runtimeVersion", "state", "isDefault",
                 "machineType", "autoScaling.maxNodes", "autoScaling", "packageUris",
                 "predictionClass", "etag", "nonsense", "description,framework"):
        r.refused("INVALID_ARGUMENT", "updateMask", "PATCH", path, {"description": "x"},
                  updateMask=mask)
    r.same("x", r.accepted("GET", path).get("description"), "a refused mask changed something")


@rule("ml | updateMask | manualScaling.nodes on N1 only")
def _(r):
    m = model(r)
    path, _v = version(r, m, manualScaling={"nodes": 1}, **N1)
    got = patch(r, path, "manualScaling.nodes", {"manualScaling": {"nodes": 3}})
    r.same({"nodes": 3}, got.get("manualScaling"), "nodes")
    for value in (0, -1):
        r.refused("INVALID_ARGUMENT", "manualScaling.nodes", "PATCH", path,
                  {"manualScaling": {"nodes": value}}, updateMask="manualScaling.nodes")
    path, _v = version(r, m, manualScaling={"nodes": 1})
    r.refused("INVALID_ARGUMENT", "manualScaling.nodes", "PATCH", path,
              {"manualScaling": {"nodes": 3}}, updateMask="manualScaling.nodes")


@rule("ml | updateMask | an arm that is not in use: FAILED_PRECONDITION")
def _(r):
    m = model(r)
    path, _v = version(r, m, **N1)
    r.refused("FAILED_PRECONDITION", "manualScaling.nodes", "PATCH", path,
              {"manualScaling": {"nodes": 3}}, updateMask="manualScaling.nodes")
    path, _v = version(r, m, manualScaling={"nodes": 1}, **N1)
    r.refused("FAILED_PRECONDITION", "autoScaling.minNodes", "PATCH", path,
              {"autoScaling": {"minNodes": 3}}, updateMask="autoScaling.minNodes")


@rule("ml | updateMask | labels on mls1: FAILED_PRECONDITION, of versions and models")
def _(r):
    m = model(r, labels={"a": "1"})
    r.same({"b": "2"}, patch(r, m, "labels", {"labels": {"b": "2"}}).get("labels"), "no version")
    version(r, m, **N1)
    r.same({"c": "3"}, patch(r, m, "labels", {"labels": {"c": "3"}}).get("labels"), "on N1")
    path, _v = version(r, m, machineType="mls1-c4-m2")
    for p in (m, path):
        r.refused("FAILED_PRECONDITION", "labels", "PATCH", p, {"labels": {"d": "4"}},
                  updateMask="labels")


@rule("ml | updateMask | models: description, labels, default_version.name; else refused")
def _(r):
    m = model(r)
    one, _v = version(r, m)
    two, _v = version(r, m)
    name = two.split("/")[-1]
    got = patch(r, m, "description,default_version.name",
                {"description": "d", "defaultVersion": {"name": name}})
    r.same(("d", f"{two[4:]}"), (got.get("description"), got["defaultVersion"]["name"]), "short name")
    got = patch(r, m, "defaultVersion.name", {"defaultVersion": {"name": one[4:]}})
    r.same(one[4:], got["defaultVersion"]["name"], "whole name")
    r.same(True, r.accepted("GET", one).get("isDefault"), "isDefault")
    r.refused("NOT_FOUND", "defaultVersion.name", "PATCH", m, {"defaultVersion": {"name": "no"}},
              updateMask="default_version.name")
    r.refused("INVALID_ARGUMENT", "defaultVersion.name", "PATCH", m, {},
              updateMask="default_version.name")
    for mask in ("name", "regions", "onlinePredictionLogging", "defaultVersion", "etag", "x"):
        r.refused("INVALID_ARGUMENT", "updateMask", "PATCH", m, {}, updateMask=mask)


# ---- the life of a version
@rule("ml | default | the first version that becomes READY; later ones do not")
def _(r):
    m = model(r)
    finished(r, r.accepted("POST", f"{m}/versions", spec(r, deploymentUri="gs://artifacts/no")))
    r.that("defaultVersion" not in r.accepted("GET", m), "a FAILED one")
    first, _v = version(r, m)
    r.same(first[4:], r.accepted("GET", m)["defaultVersion"]["name"], "the first READY")
    second, got = version(r, m)
    r.that("isDefault" not in got, "a later one")
    r.same(first[4:], r.accepted("GET", m)["defaultVersion"]["name"], "still the first")
    r.same(r.accepted("GET", first), r.accepted("GET", m)["defaultVersion"], "the whole Version")


@rule("ml | setDefault | synchronous, needs READY, body empty or {}")
def _(r):
    m = model(r)
    one, _v = version(r, m)
    two, _v = version(r, m)
    v = spec(r, deploymentUri="gs://artifacts/no")
    finished(r, r.accepted("POST", f"{m}/versions", v))
    for path, body in ((two, None), (one, {}), (two, {}), (two, {})):
        got = r.accepted("POST", f"{path}:setDefault", body)
        r.same((path[4:], True), (got.get("name"), got.get("isDefault")), "the Version")
    r.that("isDefault" not in r.accepted("GET", one), "two defaults")
    r.refused("FAILED_PRECONDITION", "name", "POST", f"{m}/versions/{v['name']}:setDefault", {})
    r.refused("NOT_FOUND", "name", "POST", f"{m}/versions/none:setDefault", {})
    r.refused("INVALID_ARGUMENT", "name", "POST", f"{one}:setDefault", {"name": "v1"})
    r.same(two[4:], r.accepted("GET", m)["defaultVersion"]["name"], "refusals changed it")


@rule("ml | delete | the default version only when it is the last one")
def _(r):
    m = model(r)
    one, _v = version(r, m)
    two, _v = version(r, m)
    r.refused("FAILED_PRECONDITION", "name", "DELETE", one)
    r.same({"@type": "type.googleapis.com/google.protobuf.Empty"},
           done(r, r.accepted("DELETE", two)), "response")
    r.refused("NOT_FOUND", "name", "GET", two)
    done(r, r.accepted("DELETE", one))
    r.that("defaultVersion" not in r.accepted("GET", m), "a default without versions")


@rule("ml | delete | a model only without versions")
def _(r):
    m = model(r)
    path, _v = version(r, m)
    e = r.refused("FAILED_PRECONDITION", "name", "DELETE", m)
    r.that("A model with versions cannot be deleted" in e.get("message", ""), f"{e}")
    done(r, r.accepted("DELETE", path))
    o = finished(r, r.accepted("DELETE", m))
    r.same("DELETE_MODEL", o["metadata"]["operationType"], "operationType")
    r.refused("NOT_FOUND", "name", "GET", m)
    r.accepted("GET", f"/v1/{o['name']}")  # operations outlive what they worked on
    r.accepted("POST", f"{P}/models", {"name": m.split("/")[-1]})


def creating(r, m, size=2000000):
    """A version that stays CREATING for a while: its path and operation."""
    v = spec(r, deploymentUri=directory(r, size=size))
    o = r.accepted("POST", f"{m}/versions", v)
    path = f"{m}/versions/{v['name']}"
    r.same("CREATING", r.accepted("GET", path).get("state"), "state")
    return path, o


@rule("ml | state | CREATING: no patch, no delete, no setDefault; then READY", **SLOW)
def _(r):
    m = model(r)
    path, o = creating(r, m, 20000)
    r.that("done" not in o, "born done")
    r.refused("FAILED_PRECONDITION", "name", "PATCH", path, {"description": "x"},
              updateMask="description")
    r.refused("FAILED_PRECONDITION", "name", "DELETE", path)
    r.refused("FAILED_PRECONDITION", "name", "POST", f"{path}:setDefault", {})
    r.refused("FAILED_PRECONDITION", "name", "DELETE", m)
    done(r, o)
    r.same("READY", r.accepted("GET", path).get("state"), "state")


@rule("ml | cancel | CREATE_VERSION: error code 1, the version FAILED with errorMessage", **SLOW)
def _(r):
    import os
    m = model(r)
    path, o = creating(r, m)
    r.same({}, r.accepted("POST", f"/v1/{o['name']}:cancel"), "answer")
    end = finished(r, o)
    r.same(1, end.get("error", {}).get("code"), "code")
    r.same(True, end["metadata"].get("isCancellationRequested"), "isCancellationRequested")
    got = r.accepted("GET", path)
    r.that(got.get("state") == "FAILED" and "cancelled" in got.get("errorMessage", ""), f"{got}")
    r.that("defaultVersion" not in r.accepted("GET", m), "it is the default")
    files = os.path.join(r.data, "artifacts", "ml", m[4:], "versions")
    # cancelled before it began, it has not even made the directory
    r.same([], os.listdir(files) if os.path.exists(files) else [], "files of it")
    r.same({}, r.accepted("POST", f"/v1/{o['name']}:cancel", {}), "once more")
    done(r, r.accepted("DELETE", path))
    r.refused("NOT_FOUND", "name", "POST", f"{P}/operations/nothing:cancel")


@rule("ml | state | UPDATING and DELETING while at work: no patch, no delete", **SLOW)
def _(r):
    m, busy = model(r), model(r)
    one, _v = version(r, m)
    two, _v = version(r, m)
    slow = [creating(r, busy)[1] for _ in range(8)]  # every thread has something to do
    update = r.accepted("PATCH", one, {"description": "new"}, updateMask="description")
    remove = r.accepted("DELETE", two)
    for path, state in ((one, "UPDATING"), (two, "DELETING")):
        r.same(state, r.accepted("GET", path).get("state"), "state")
        r.refused("FAILED_PRECONDITION", "name", "PATCH", path, {"description": "x"},
                  updateMask="description")
        r.refused("FAILED_PRECONDITION", "name", "DELETE", path)
        r.refused("FAILED_PRECONDITION", "name", "POST", f"{path}:setDefault", {})
    r.that("description" not in r.accepted("GET", one), "changed before it was done")
    for o in slow:
        r.accepted("POST", f"/v1/{o['name']}:cancel")
    got = done(r, update)
    r.same(("READY", "new"), (got.get("state"), got.get("description")), "updated")
    done(r, remove)
    r.refused("NOT_FOUND", "name", "GET", two)
    for o in slow:
        finished(r, o)


@rule("ml | kill -9 | what was running is taken up again; nothing stands between", **SLOW)
def _(r):
    m = model(r)
    path, o = creating(r, m, 20000)
    cancelled, c = creating(r, m)
    r.accepted("POST", f"/v1/{c['name']}:cancel")
    r.kill()
    r.start()
    done(r, o)
    r.same("READY", r.accepted("GET", path).get("state"), "state")
    r.same(1, finished(r, c).get("error", {}).get("code"), "the cancelled one")
    r.same("FAILED", r.accepted("GET", cancelled).get("state"), "its state")


# ---- operations
@rule("ml | operations | metadata: google.cloud.ml.v1.OperationMetadata, names as documented")
def _(r):
    m = model(r)
    short = m.split("/")[-1]
    v = spec(r, labels={"a": "b"})
    o = r.accepted("POST", f"{m}/versions", v)
    kinds = [("create", "CREATE_VERSION", f"_{v['name']}", o)]
    done(r, o)
    path = f"{m}/versions/{v['name']}"
    kinds.append(("update", "UPDATE_VERSION", f"_{v['name']}",
                  r.accepted("PATCH", path, {"description": "x"}, updateMask="description")))
    finished(r, kinds[-1][3])
    kinds.append(("update", "UPDATE_MODEL", "",
                  r.accepted("PATCH", m, {"description": "x"}, updateMask="description")))
    kinds.append(("delete", "DELETE_VERSION", f"_{v['name']}", r.accepted("DELETE", path)))
    finished(r, kinds[-1][3])
    kinds.append(("delete", "DELETE_MODEL", "", r.accepted("DELETE", m)))
    for verb, kind, tail, op in kinds:
        r.that(re.fullmatch(rf"projects/acme/operations/{verb}_{short}{tail}-\d{{13}}", op["name"]),
               op["name"])
        op = finished(r, op)
        meta = op["metadata"]
        r.same("type.googleapis.com/google.cloud.ml.v1.OperationMetadata", meta["@type"], "@type")
        r.same(kind, meta["operationType"], "operationType")
        r.same(m[4:], meta["modelName"], "modelName")
        r.same("VERSION" in kind, "version" in meta, f"{kind}: version")
        r.that(meta.get("version", {}).get("name", path[4:]) == path[4:], f"{meta}")
        r.same({"a": "b"} if "VERSION" in kind else None, meta.get("labels"), f"{kind}: labels")
        for field in ("createTime", "startTime", "endTime"):
            r.that(re.match(TIME, meta.get(field, "")), f"{kind}: {field} {meta.get(field)}")
        want = {"UPDATE_MODEL": "google.cloud.ml.v1.Model"}.get(
            kind, "google.protobuf.Empty" if "DELETE" in kind else "google.cloud.ml.v1.Version")
        r.same(f"type.googleapis.com/{want}", op["response"]["@type"], f"{kind}: response")


@rule("ml | operations | models.create and setDefault are synchronous, the others operations")
def _(r):
    got = r.accepted("POST", f"{P}/models", {"name": r.unique()})
    r.that("metadata" not in got and "/models/" in got["name"], "models.create")
    r.that("createTime" not in got, "a Model has no createTime")


@rule("ml | operations | list: the newest first, paged; no delete, no wait")
def _(r):
    m = model(r)
    for i in range(3):
        patch(r, m, "description", {"description": str(i)})
    ops = r.accepted("GET", f"{P}/operations", pageSize=3)["operations"]
    times = [o["metadata"]["createTime"] for o in ops]
    r.same(sorted(times, reverse=True), times, "order")
    r.same([o["name"] for o in ops],
           [o["name"] for o in r.accepted("GET", f"{P}/operations", filter="done=true",
                                          pageSize=3)["operations"]], "done=true")
    r.refused("NOT_FOUND", "name", "GET", f"{P}/operations/none")
    for verb, tail in (("DELETE", ""), ("POST", ":wait")):
        status, _a = r.call(verb, f"/v1/{ops[0]['name']}{tail}")
        r.that(status in (404, 501), f"{verb}{tail}: {status}")


# ---- lists
def pages(r, path, items, size, **query):
    got, token = [], None
    for _ in range(100):
        a = r.accepted("GET", path, pageSize=size, **query, **({"pageToken": token} if token else {}))
        r.that(len(a.get(items, [])) <= (size or 20), f"a page of {len(a.get(items, []))}")
        got += [i["name"] for i in a.get(items, [])]
        token = a.get("nextPageToken")
        if not token:
            return got
    raise Failed("a list without end")


@rule("ml | lists | pageSize: default 20, at most 100; tokens neither repeat nor skip")
def _(r):
    q = "/v1/projects/lists"
    names = [f"m{i:03d}" for i in range(105)]
    for name in names:
        r.accepted("POST", f"{q}/models", {"name": name})
    count = lambda **k: len(r.accepted("GET", f"{q}/models", **k).get("models", []))
    for size, want in ((None, 20), (0, 20), (1, 1), (19, 19), (20, 20), (99, 99), (100, 100),
                       (101, 100), (5000, 100)):
        r.same(want, count(**({} if size is None else {"pageSize": size})), f"pageSize={size}")
    for size in (-1, "x", 1.5):
        r.refused("INVALID_ARGUMENT", "pageSize", "GET", f"{q}/models", pageSize=size)
    full = [f"projects/lists/models/{n}" for n in names]
    r.same(full, pages(r, f"{q}/models", "models", 7), "all of them")
    first = r.accepted("GET", f"{q}/models", pageSize=50)
    done(r, r.accepted("DELETE", f"{q}/models/m010"))
    r.accepted("POST", f"{q}/models", {"name": "added"})
    rest = r.accepted("GET", f"{q}/models", pageSize=100, pageToken=first["nextPageToken"])
    r.same(full[50:], [m["name"] for m in rest["models"]][:55], "after a change")
    r.refused("INVALID_ARGUMENT", "pageToken", "GET", f"{q}/models", pageToken="nonsense")
    r.refused("INVALID_ARGUMENT", "pageToken", "GET", "/v1/projects/acme/models",
              pageToken=first["nextPageToken"])
    m = f"{q}/models/m000"
    for name in ("a", "b", "c"):
        takes(r, container(r, name=name), m)
    r.same([f"{m[4:]}/versions/{v}" for v in "abc"], pages(r, f"{m}/versions", "versions", 2),
           "versions")


@rule("ml | lists | filter on labels and name; anything else is refused")
def _(r):
    q = "/v1/projects/filters"
    for name, labels in (("census", {"mass": "1.3kg"}), ("rnn_a", {"mass": "2"}), ("rnn_b", {})):
        r.accepted("POST", f"{q}/models", {"name": name, "labels": labels})
    for text, want in (("labels.mass=1.3kg", "census"), ("labels.mass:*", "census rnn_a"),
                       ('labels.mass="2"', "rnn_a"), ("name=census", "census"),
                       ("name=rnn*", "rnn_a rnn_b"), ("name=rnn_a OR name=census", "census rnn_a"),
                       ("NOT labels.mass:*", "rnn_b"), ("", "census rnn_a rnn_b")):
        got = r.accepted("GET", f"{q}/models", filter=text).get("models", [])
        r.same(want, " ".join(sorted(m["name"].split("/")[-1] for m in got)), f"filter {text!r}")
    for text in ("state=READY", "labels", "name", "name=", "(name=a", "name=a)", "create_time>1",
                 "1=1; DROP TABLE ml_models"):
        r.refused("INVALID_ARGUMENT", "filter", "GET", f"{q}/models", filter=text)
    m = f"{q}/models/census"
    takes(r, container(r, name="v1", labels={"stage": "a"}), m)
    takes(r, container(r, name="v2"), m)
    got = r.accepted("GET", f"{m}/versions", filter="labels.stage=a")
    r.same([f"{m[4:]}/versions/v1"], [v["name"] for v in got["versions"]], "versions")


@rule("ml | lists | an unknown project gives {}, an unknown model NOT_FOUND")
def _(r):
    for items in ("models", "operations", "locations"):
        r.same({}, r.accepted("GET", f"/v1/projects/nobody/{items}"), items)
    e = r.refused("NOT_FOUND", "name", "GET", f"{P}/models/loan_pred_model")
    r.same('Field: name Error: The model resource: "loan_pred_model" was not found. Please create '
           "the model resource first by using 'gcloud ai-platform models create "
           "loan_pred_model'.", e.get("message"), "message")
    r.refused("NOT_FOUND", "name", "GET", f"{P}/models/none/versions")
    r.refused("NOT_FOUND", "name", "POST", f"{P}/models/none/versions", spec(r))
    r.refused("NOT_FOUND", "name", "GET", f"{model(r)}/versions/none")
    r.refused("NOT_FOUND", "name", "DELETE", f"{P}/models/none")


@rule("ml | errors | message `Field: F Error: D` and BadRequest.fieldViolations")
def _(r):
    e = no(r, "framework", spec(r, machineType="n1-standard-2"))
    detail = next(d for d in e["details"]
                  if d["@type"] == "type.googleapis.com/google.rpc.BadRequest")
    v = detail["fieldViolations"][0]
    r.same(f"Field: {v['field']} Error: {v['description']}", e["message"], "message")


@rule("ml | locations | get and list with capabilities")
def _(r):
    model(r, regions=["europe-west4"])
    got = r.accepted("GET", f"{P}/locations")["locations"]
    names = [loc["name"].split("/")[-1] for loc in got]
    r.that({"us-central1", "europe-west4"} <= set(names), f"{names}")
    r.same(got[0], r.accepted("GET", f"/v1/{got[0]['name']}"), "get")
    for c in got[0]["capabilities"]:
        r.that(c["type"] in ("TRAINING", "BATCH_PREDICTION", "ONLINE_PREDICTION"), f"{c}")
        r.that(all(re.match("NVIDIA_|TPU_", a) for a in c.get("availableAccelerators", [])), f"{c}")
    r.refused("NOT_FOUND", "name", "GET", f"{P}/locations/mars-north1")
    r.same(len(got), len(pages(r, f"{P}/locations", "locations", 1)), "paged")


@rule("ml | methods | what ml lacks is 404 or 501 with the envelope")
def _(r):
    m = model(r)
    for verb, path in (("POST", f"{m}:export"), ("GET", f"{m}/evaluations"),
                       ("DELETE", f"{P}/operations/x"), ("PUT", m), ("POST", f"{m}:setDefault"),
                       ("POST", f"{P}/models:upload"), ("GET", f"{P}/jobs")):
        status, answer = r.call(verb, path, {} if verb == "POST" else None)
        r.that(status in (404, 501) and isinstance(answer, dict) and "error" in answer,
               f"{verb} {path}: {status} {message(answer)}")


if __name__ == "__main__":
    main("ml")
