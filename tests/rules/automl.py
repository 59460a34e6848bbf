#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every row of the automl table, through REST, at and on both sides of each limit."""
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time

from surface import (Api, Registry, end, has, hasnt, ok, refused, rule, same, skip)

P = "projects/demo/locations/us-central1"
FILES = {"model.tflite": "tflite" * 99, "dict.txt": "cat\ndog\n",
         "edge/model_edgetpu.tflite": "edge", "saved/saved_model.pb": "pb",
         "saved/variables/variables.index": "index", "web/model.json": '{"modelTopology":{}}',
         "web/group1-shard1of1.bin": "weights"}
EDGE = ["mobile-low-latency-1", "mobile-versatile-1", "mobile-high-accuracy-1"]
CORE = ["mobile-core-ml-low-latency-1", "mobile-core-ml-versatile-1",
        "mobile-core-ml-high-accuracy-1"]
IMAGE, DETECT = "imageClassificationModelMetadata", "imageObjectDetectionModelMetadata"
TEXT = "textClassificationModelMetadata"


def main(registry):
    v1, beta = Api(registry, "automl"), Api(registry, "automl", "v1beta1")
    registry.bucket("gs://demo-automl/ICN1", FILES)
    registry.bucket("gs://demo-automl/core", {"model.mlmodel": "ml", "dict.txt": "a"})

    def model(display="flowers", dataset="ICN1", **more):
        return {"displayName": display, "datasetId": dataset, **more}

    def create(api=v1, **more):
        return api.post(f"{P}/models", model(**more))

    def made(**more):
        return v1.done(create(**more))["name"]

    def export(name, config, api=v1):
        return api.post(f"{name}:export", {"outputConfig": config})

    def gcs(prefix="gs://demo-exports/out"):
        return {"outputUriPrefix": prefix}

    with rule("models.create: an operation, its response is the Model"):
        op = ok(create(**{IMAGE: {"modelType": "mobile-versatile-1"}}))
        assert re.fullmatch(r"projects/\d+/locations/us-central1/operations/ICN\d{19}", op["name"])
        same(op["metadata"]["@type"],
             "type.googleapis.com/google.cloud.automl.v1.OperationMetadata")
        same(op["metadata"]["createModelDetails"], {})
        has(op["metadata"], "createTime", "updateTime")
        hasnt(op["metadata"], "genericMetadata")
        response = v1.done(v1.get(op["name"]))
        same(response.pop("@type"), "type.googleapis.com/google.cloud.automl.v1.Model")
        got = ok(v1.get(response["name"]))
        same(got, response)
        same(list(got), ["name", "displayName", "datasetId", "createTime", "updateTime",
                         "deploymentState", "etag", IMAGE])
        same((got["deploymentState"], got[IMAGE]),
             ("UNDEPLOYED", {"modelType": "mobile-versatile-1"}))
    edge = response["name"]

    with rule("models.create: takes over the files at gs://<project>-automl/<datasetId>/"):
        registry.bucket("gs://demo-automl/once", {"a/b": "bytes"})
        name = made(dataset="once")
        shutil.rmtree(registry.path("gs://demo-automl/once"))
        own = os.path.join(registry.data, "artifacts", "automl", name.rsplit("/", 1)[1])
        with open(os.path.join(own, "a/b"), encoding="utf-8") as f:
            same(f.read(), "bytes")
        v1.failed(create(dataset="nothing-there"), 5, "gs://demo-automl/nothing-there/")
        v1.failed(create(dataset="../demo-automl/ICN1"), 5)
        before = ok(v1.get(f"{P}/models"))
        same([m for m in before["model"] if m["datasetId"] == "nothing-there"], [])

    with rule("model: name and other output-only fields in a request are ignored"):
        got = v1.done(v1.post(f"{P}/models", model(name="x", createTime="2001-01-01T00:00:00Z",
                                                   deploymentState="DEPLOYED", etag="e",
                                                   **{IMAGE: {"nodeCount": "9"}})))
        same((got["deploymentState"], got[IMAGE]), ("UNDEPLOYED", {}))
        assert not got["createTime"].startswith("2001") and got["name"] != "x"

    with rule("model: displayName [A-Za-z][A-Za-z0-9_]{0,31}"):
        for good in ("a", "Z", "a" * 32, "flowers_2"):
            made(display=good)
        for bad in ("", "a" * 33, "1a", "_a", "a-b", "a b", "é", "a.b", "a\n"):
            refused(create(display=bad), "INVALID_ARGUMENT", "displayName")
        refused(v1.post(f"{P}/models", {"datasetId": "ICN1"}), "INVALID_ARGUMENT", "displayName")
        for bad in (7, None, ["a"]):
            refused(create(display=bad), "INVALID_ARGUMENT", "displayName")

    with rule("model: datasetId required, any"):
        refused(v1.post(f"{P}/models", {"displayName": "a"}), "INVALID_ARGUMENT", "datasetId")
        refused(create(dataset=""), "INVALID_ARGUMENT", "datasetId")
        registry.bucket("gs://demo-automl/Any set of 1.2/x", {"f": "1"})
        same(v1.done(create(dataset="Any set of 1.2/x"))["datasetId"], "Any set of 1.2/x")

    with rule("model: labels as Vertex's, keys start with a letter"):
        good = {"a" * 64: "b" * 64, "über-x_1": "", "l": "größe-1_2"}
        same(v1.done(create(labels=good))["labels"], good)
        for bad in ({"1a": "x"}, {"_a": "x"}, {"-a": "x"}, {"": "x"}, {"A": "x"}, {"a": "X"},
                    {"a" * 65: "x"}, {"a": "b" * 65}, {"a b": "x"}, {"a": "1.3kg"}):
            refused(create(labels=bad), "INVALID_ARGUMENT", "labels")
        refused(create(labels={"a": 1}), "INVALID_ARGUMENT")

    with rule("model: of the metadata one arm, its modelType one of the documented"):
        refused(create(**{IMAGE: {}, TEXT: {}}), "INVALID_ARGUMENT", TEXT)
        for kind in ["cloud", *EDGE, *CORE]:
            made(**{IMAGE: {"modelType": kind}})
        for kind in ["cloud-high-accuracy-1", "cloud-low-latency-1", *EDGE]:
            made(**{DETECT: {"modelType": kind}})
        for arm in (TEXT, "textExtractionModelMetadata", "textSentimentModelMetadata",
                    "translationModelMetadata"):
            same(v1.done(create(**{arm: {}}))[arm], {})
        refused(create(**{IMAGE: {"modelType": "mobile"}}), "INVALID_ARGUMENT",
                f"{IMAGE}.modelType")
        refused(create(**{DETECT: {"modelType": "cloud"}}), "INVALID_ARGUMENT",
                f"{DETECT}.modelType")
        refused(create(tablesModelMetadata={}), "INVALID_ARGUMENT")

    with rule("model: trainBudgetMilliNodeHours by type"):
        field = "trainBudgetMilliNodeHours"
        for arm, kind, low, high in ((IMAGE, "cloud", 8000, 800000), (IMAGE, "", 8000, 800000),
                                     (IMAGE, EDGE[0], 1000, 100000),
                                     (DETECT, "", 20000, 900000), (DETECT, EDGE[1], 1000, 100000)):
            for n in (low, high):
                same(v1.done(create(**{arm: {"modelType": kind, field: n}}))[arm][field], str(n))
            for n in (low - 1, high + 1, 0):
                refused(create(**{arm: {"modelType": kind, field: str(n)}}), "INVALID_ARGUMENT",
                        f"{arm}.{field}")

    with rule("patch: displayName and labels; the mask is required"):
        etag = ok(v1.get(edge))["etag"]
        got = ok(v1.patch(edge, {"displayName": "roses"}, "displayName"))
        same((got["displayName"], got["etag"] != etag), ("roses", True))
        got = ok(v1.patch(edge, {"labels": {"k": "v"}, "displayName": "tulips"}, "labels"))
        same((got["displayName"], got["labels"]), ("roses", {"k": "v"}))
        got = ok(v1.patch(edge, {"display_name": "asters"}, "display_name,labels"))
        same((got["displayName"], got.get("labels")), ("asters", None))
        for mask in (None, "", "*", "etag", "name", "datasetId", "createTime", "deploymentState",
                     IMAGE, f"{IMAGE}.modelType", "description", "labels.k", "displayName,etag"):
            refused(v1.patch(edge, {"displayName": "x"}, mask), "INVALID_ARGUMENT", "updateMask")
        for bad in ("", "a" * 33, "9"):
            refused(v1.patch(edge, {"displayName": bad}, "displayName"), "INVALID_ARGUMENT",
                    "displayName")
        refused(v1.patch(edge, {"labels": {"1": ""}}, "labels"), "INVALID_ARGUMENT", "labels")
        refused(v1.patch(f"{P}/models/ICN9", {"displayName": "x"}, "displayName"), "NOT_FOUND")

    with rule("patch: etag absent is blind, another value ABORTED"):
        etag = ok(v1.get(edge))["etag"]
        ok(v1.patch(edge, {"displayName": "b", "etag": etag}, "displayName"))
        refused(v1.patch(edge, {"displayName": "c", "etag": etag}, "displayName"), "ABORTED",
                "etag")
        same(ok(v1.get(edge))["displayName"], "b")
        ok(v1.patch(edge, {"displayName": "d"}, "displayName"))

    with rule("deploy: only text classification and object detection"):
        text, detect = made(**{TEXT: {}}), made(**{DETECT: {"modelType": EDGE[0]}})
        op = v1.wait(v1.post(f"{text}:deploy"))
        same((op["metadata"]["deployModelDetails"], op["response"]["@type"]),
             ({}, "type.googleapis.com/google.protobuf.Empty"))
        same(ok(v1.get(text))["deploymentState"], "DEPLOYED")
        for arm in (IMAGE, "textExtractionModelMetadata", "textSentimentModelMetadata",
                    "translationModelMetadata"):
            name = made(**{arm: {}})
            refused(v1.post(f"{name}:deploy"), "FAILED_PRECONDITION")
            refused(v1.post(f"{name}:undeploy"), "FAILED_PRECONDITION")

    with rule("deploy: nodeCount 1 … 100"):
        how = "imageObjectDetectionModelDeploymentMetadata"
        for n in (1, "100", 3):
            v1.done(v1.post(f"{detect}:deploy", {how: {"nodeCount": n}}))
            same(ok(v1.get(detect))[DETECT]["nodeCount"], str(n))
        for n in (0, 101, -1):
            refused(v1.post(f"{detect}:deploy", {how: {"nodeCount": n}}), "INVALID_ARGUMENT",
                    f"{how}.nodeCount")
        refused(v1.post(f"{text}:deploy", {how: {"nodeCount": 1}}), "INVALID_ARGUMENT", how)
        other = "imageClassificationModelDeploymentMetadata"
        refused(v1.post(f"{detect}:deploy", {other: {"nodeCount": 1}}), "INVALID_ARGUMENT", other)

    with rule("re-deploy, undeploy of an undeployed model: no-op"):
        before = ok(v1.get(detect))
        v1.done(v1.post(f"{detect}:deploy", {how: {"nodeCount": 3}}))
        same(ok(v1.get(detect)), before)
        op = v1.wait(v1.post(f"{detect}:undeploy"))
        same(op["metadata"]["undeployModelDetails"], {})
        after = ok(v1.get(detect))
        same((after["deploymentState"], after[DETECT].get("nodeCount")), ("UNDEPLOYED", None))
        v1.done(v1.post(f"{detect}:undeploy"))
        same(ok(v1.get(detect)), after)

    with rule("modelFormat: image classification mobile-*: tflite (default), edgetpu_tflite, "
              "tf_saved_model, tf_js, docker"):
        for kind in EDGE:
            name = made(**{IMAGE: {"modelType": kind}})
            for wanted, main_file in ((None, "model.tflite"), ("", "model.tflite"),
                                      ("tflite", "model.tflite"),
                                      ("edgetpu_tflite", "edge/model_edgetpu.tflite"),
                                      ("tf_saved_model", "saved/saved_model.pb"),
                                      ("tf_js", "web/model.json")):
                config = {"gcsDestination": gcs()}
                if wanted is not None:
                    config["modelFormat"] = wanted
                op = v1.wait(export(name, config))
                has(op, "response")
                out = op["metadata"]["exportModelDetails"]["outputInfo"]["gcsOutputDirectory"]
                assert os.path.isfile(os.path.join(registry.path(out), main_file)), out
            beta.done(export(name, {"modelFormat": "docker",
                                    "gcrDestination": {"outputUri": "gcr.io/p/i"}}, beta))
            for bad in ("core_ml", "edgetpu-tflite", "TFLITE", "custom-trained"):
                refused(export(name, {"gcsDestination": gcs(), "modelFormat": bad}),
                        "INVALID_ARGUMENT", "outputConfig.modelFormat")

    with rule("modelFormat: image classification mobile-core-ml-*: core_ml (default)"):
        for kind in CORE:
            name = made(dataset="core", **{IMAGE: {"modelType": kind}})
            for config in ({}, {"modelFormat": "core_ml"}):
                op = v1.wait(export(name, {"gcsDestination": gcs(), **config}))
                out = op["metadata"]["exportModelDetails"]["outputInfo"]["gcsOutputDirectory"]
                same(sorted(os.listdir(registry.path(out))), ["dict.txt", "model.mlmodel"])
            for bad in ("tflite", "docker", "tf_js"):
                refused(export(name, {"gcsDestination": gcs(), "modelFormat": bad}),
                        "INVALID_ARGUMENT", "outputConfig.modelFormat")

    with rule("modelFormat: object detection mobile-*: tflite, tf_saved_model, tf_js, required"):
        for kind in EDGE:
            name = made(**{DETECT: {"modelType": kind}})
            for wanted in ("tflite", "tf_saved_model", "tf_js"):
                v1.done(export(name, {"gcsDestination": gcs(), "modelFormat": wanted}))
            for bad in (None, "", "edgetpu_tflite", "docker", "core_ml"):
                refused(export(name, {"gcsDestination": gcs(), "modelFormat": bad}),
                        "INVALID_ARGUMENT", "outputConfig.modelFormat")

    with rule("modelFormat: every other type is not exportable: FAILED_PRECONDITION"):
        for more in ({IMAGE: {}}, {IMAGE: {"modelType": "cloud"}}, {DETECT: {}},
                     {DETECT: {"modelType": "cloud-high-accuracy-1"}},
                     {DETECT: {"modelType": "cloud-low-latency-1"}}, {TEXT: {}},
                     {"textExtractionModelMetadata": {}}, {"textSentimentModelMetadata": {}},
                     {"translationModelMetadata": {}}):
            refused(export(made(**more), {"gcsDestination": gcs(), "modelFormat": "tflite"}),
                    "FAILED_PRECONDITION")

    with rule("params: docker's cpu_architecture x86_64, gpu_architecture none or nvidia"):
        def docker(params):
            return export(edge, {"modelFormat": "docker", "params": params,
                                 "gcrDestination": {"outputUri": "gcr.io/demo/params:1"}}, beta)
        for good in ({}, {"cpu_architecture": "x86_64"}, {"gpu_architecture": "none"},
                     {"gpu_architecture": "nvidia", "cpu_architecture": "x86_64"}):
            beta.done(docker(good))
        for key, bad in (("cpu_architecture", "arm64"), ("cpu_architecture", ""),
                         ("gpu_architecture", "amd"), ("gpu_architecture", "NVIDIA"),
                         ("gpuArchitecture", "none"), ("memory", "1")):
            refused(docker({key: bad}), "INVALID_ARGUMENT", f"outputConfig.params.{key}")
        refused(docker({"cpu_architecture": 86}), "INVALID_ARGUMENT")

    with rule("params: empty is fine for any format, unknown keys and 25,001 characters refused"):
        v1.done(export(edge, {"gcsDestination": gcs(), "params": {}}))
        refused(export(edge, {"gcsDestination": gcs(), "params": {"cpu_architecture": "x86_64"}}),
                "INVALID_ARGUMENT", "outputConfig.params.cpu_architecture")
        for n, words in ((25000, "no cpu_architecture"), (25001, "at most 25000")):
            has(refused(docker({"cpu_architecture": "x" * n}), "INVALID_ARGUMENT",
                        "outputConfig.params.cpu_architecture")["message"], words)

    with rule("destination: required, exactly one"):
        refused(v1.post(f"{edge}:export"), "INVALID_ARGUMENT", "outputConfig")
        refused(export(edge, {}), "INVALID_ARGUMENT", "outputConfig.gcsDestination")
        refused(export(edge, {"gcsDestination": gcs(), "gcrDestination": {"outputUri": "gcr.io/p/i"}},
                       beta), "INVALID_ARGUMENT")
        for bad in ({}, gcs("")):
            refused(export(edge, {"gcsDestination": bad}), "INVALID_ARGUMENT",
                    "outputConfig.gcsDestination.outputUriPrefix")

    with rule("gcsDestination: gs://bucket/directory, up to 2000 characters, made if missing"):
        field = "outputConfig.gcsDestination.outputUriPrefix"
        head = "gs://demo-exports/"
        for bad in ("demo-exports/x", "s3://b/x", "gs://", "gs://demo-exports", "gs://demo-exports/",
                    "gs:///x", "gs://UPPER/x", "gs://demo-exports/../x", "gs://demo-exports/a//b"):
            refused(export(edge, {"gcsDestination": gcs(bad)}), "INVALID_ARGUMENT", field)
        long = head + "/".join(["d" * 200] * 4)
        v1.done(export(edge, {"gcsDestination": gcs(long)}))
        has(refused(export(edge, {"gcsDestination": gcs(head + "x" * (2001 - len(head)))}),
                    "INVALID_ARGUMENT", field)["message"], "2000")
        hasnt(refused(export(edge, {"gcsDestination": gcs(head + "x" * (2000 - len(head)))}),
                      "INVALID_ARGUMENT", field)["message"], "2000")
        v1.done(export(edge, {"gcsDestination": gcs("gs://fresh-bucket/a/b/")}))
        same(len(os.listdir(registry.path("gs://fresh-bucket/a/b"))), 1)

    with rule("gcsDestination is not docker's, gcrDestination docker's alone"):
        refused(export(edge, {"modelFormat": "docker", "gcsDestination": gcs()}, beta),
                "INVALID_ARGUMENT", "outputConfig.gcsDestination")
        for wanted in ("", "tflite", "edgetpu_tflite", "tf_saved_model", "tf_js"):
            refused(export(edge, {"modelFormat": wanted,
                                  "gcrDestination": {"outputUri": "gcr.io/p/i"}}, beta),
                    "INVALID_ARGUMENT", "outputConfig.gcrDestination")

    with rule("gcrDestination: in v1 an unknown field"):
        has(refused(export(edge, {"modelFormat": "docker",
                                  "gcrDestination": {"outputUri": "gcr.io/p/i"}}),
                    "INVALID_ARGUMENT")["message"], "gcrDestination")

    with rule("gcrDestination.outputUri: [HOSTNAME]/[PROJECT-ID]/[IMAGE] or …:[TAG], up to 2000"):
        field = "outputConfig.gcrDestination.outputUri"

        def to(uri):
            return export(edge, {"modelFormat": "docker", "gcrDestination": {"outputUri": uri}},
                          beta)
        for good in ("gcr.io/demo/image", "eu.gcr.io/demo/image:v1.2_x-y",
                     "us-docker.pkg.dev/demo/repo/image:latest", "gcr.io/demo/i:" + "t" * 128):
            beta.done(to(good))
        for bad in ("", "image", "gcr.io/image", "gcr.io//image", "gcr.io/demo/", "gcr.io/demo/i:",
                    "gcr.io/demo/i:a b", "gcr.io/demo/i:" + "t" * 129, "gs://demo/x",
                    "gcr.io/demo/../x", "gcr.io/Demo/x", "https://gcr.io/demo/x",
                    "gcr.io/demo/i@sha256:" + "0" * 64, "gcr.io/demo/" + "x" * 1989):
            refused(to(bad), "INVALID_ARGUMENT", field)

    with rule("result: model-export-<model-display-name>-<timestamp>, files inside, no response"):
        ok(v1.patch(edge, {"displayName": "my_Roses_1"}, "displayName"))
        began = time.time()
        op = ok(export(edge, {"gcsDestination": gcs("gs://demo-exports/result")}))
        out = op["metadata"]["exportModelDetails"]["outputInfo"]["gcsOutputDirectory"]
        found = re.fullmatch(r"gs://demo-exports/result/model-export-my_Roses_1-"
                             r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z", out)
        assert found, out
        stamp = time.mktime(time.strptime(found[1], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        assert abs(stamp - began) < 5, (stamp, began)
        same(v1.done(v1.get(op["name"])), {"@type": "type.googleapis.com/google.protobuf.Empty"})
        same(sorted(os.listdir(registry.path(out))), ["dict.txt", "model.tflite"])
        with open(os.path.join(registry.path(out), "model.tflite"), encoding="utf-8") as f:
            same(f.read(), FILES["model.tflite"])
        with open(os.path.join(registry.data, "exports", op["name"].rsplit("/", 1)[1] + ".json"),
                  encoding="utf-8") as f:
            listed = {x["name"]: x["sha256"] for x in json.load(f)["files"]}
        same(listed["model.tflite"], hashlib.sha256(FILES["model.tflite"].encode()).hexdigest())
        two = [ok(export(edge, {"gcsDestination": gcs()})) for _ in range(5)]
        same(len({json.dumps(o["metadata"]["exportModelDetails"]) for o in two}), 5)

    with rule("docker: an OCI layout with one layer of the model's files"):
        beta.done(to("gcr.io/demo/whole:7"))
        layout = os.path.join(registry.data, "images/gcr.io/demo/whole")

        def blob(digest):
            with open(os.path.join(layout, "blobs", *digest.split(":")), "rb") as f:
                data = f.read()
            same("sha256:" + hashlib.sha256(data).hexdigest(), digest)
            return data
        with open(os.path.join(layout, "index.json"), encoding="utf-8") as f:
            entry = json.load(f)["manifests"][0]
        same(entry["annotations"], {"org.opencontainers.image.ref.name": "7"})
        manifest = json.loads(blob(entry["digest"]))
        config = json.loads(blob(manifest["config"]["digest"]))
        layer = gzip.decompress(blob(manifest["layers"][0]["digest"]))
        same(config["rootfs"]["diff_ids"], ["sha256:" + hashlib.sha256(layer).hexdigest()])
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            inside = {m.name: tar.extractfile(m).read().decode() for m in tar if m.isfile()}
        same(inside, {"model/" + k: v for k, v in FILES.items()})

    with rule("docker: a tag moves, the others stay; skopeo accepts the layout"):
        beta.done(to("gcr.io/demo/whole:8"))
        beta.done(to("gcr.io/demo/whole:7"))
        with open(os.path.join(layout, "index.json"), encoding="utf-8") as f:
            tags = [m["annotations"]["org.opencontainers.image.ref.name"]
                    for m in json.load(f)["manifests"]]
        same(sorted(tags), ["7", "8"])
        if shutil.which("skopeo"):
            told = json.loads(subprocess.run(["skopeo", "inspect", f"oci:{layout}:7"], check=True,
                                             capture_output=True).stdout)
            same((told["Architecture"], len(told["Layers"])), ("amd64", 1))
        else:
            skip("skopeo inspect", "skopeo is not installed")

    with rule("models.list: `model`, its filters, pages"):
        listed = ok(v1.get(f"{P}/models?pageSize=1000"))["model"]
        names = [m["name"] for m in listed]
        same(len(names), len(set(names)))
        got, token = [], ""
        while True:
            page = ok(v1.get(f"{P}/models?pageSize=7&pageToken={token}"))
            got += [m["name"] for m in page["model"]]
            token = page.get("nextPageToken")
            if not token:
                break
        same(got, names)
        for text, keep in (("text_classification_model_metadata:*", lambda m: TEXT in m),
                           (f"{IMAGE}:*", lambda m: IMAGE in m),
                           ("dataset_id=core", lambda m: m["datasetId"] == "core"),
                           ('datasetId!="ICN1"', lambda m: m["datasetId"] != "ICN1"),
                           (f"NOT {IMAGE}:*", lambda m: IMAGE not in m)):
            query = text.replace(" ", "%20").replace('"', "%22")
            answer = ok(v1.get(f"{P}/models?pageSize=1000&filter={query}")).get("model", [])
            same([m["name"] for m in answer], [m["name"] for m in listed if keep(m)])
            assert answer
        for bad in ("displayName=a", "datasetId>a", "datasetId", "x:*", "datasetId=a%20OR"):
            refused(v1.get(f"{P}/models?filter={bad}"), "INVALID_ARGUMENT", "filter")
        refused(v1.get(f"{P}/models?pageSize=-1"), "INVALID_ARGUMENT", "pageSize")
        refused(v1.get(f"{P}/models?pageToken=x"), "INVALID_ARGUMENT", "pageToken")
        same(ok(v1.get("projects/nobody/locations/us-central1/models")), {})

    with rule("modelEvaluations: `modelEvaluation`, without a filter and with; model `-`"):
        registry.bucket("gs://demo-automl/eval", {"f": "1", "modelEvaluations.json": json.dumps({
            "modelEvaluation": [
                {"name": "projects/1/locations/us-central1/models/ICN0/modelEvaluations/11",
                 "evaluatedExampleCount": 5, "createTime": "2020-01-02T03:04:05Z",
                 "classificationEvaluationMetrics": {"auPrc": 0.5}},
                {"name": "x/modelEvaluations/12", "annotationSpecId": "77", "displayName": "cat"}]})})
        name = made(dataset="eval")
        listed = ok(v1.get(f"{name}/modelEvaluations"))["modelEvaluation"]
        same([e["name"] for e in listed], [f"{name}/modelEvaluations/{i}" for i in (11, 12)])
        same(ok(v1.get(listed[0]["name"])), listed[0])
        same(listed[0]["classificationEvaluationMetrics"], {"auPrc": 0.5})
        for text, expected in (("annotation_spec_id=77", [1]), ("annotation_spec_id!=77", []),
                               ("NOT%20annotation_spec_id:*", [0]), ("annotationSpecId:*", [1])):
            same(ok(v1.get(f"{name}/modelEvaluations?filter={text}")).get("modelEvaluation", []),
                 [listed[i] for i in expected])
        same(ok(v1.get(f"{P}/models/-/modelEvaluations"))["modelEvaluation"], listed)
        same(ok(v1.get(f"{edge}/modelEvaluations")), {})
        refused(v1.get(f"{name}/modelEvaluations/13"), "NOT_FOUND")
        refused(v1.get(f"{P}/models/ICN9/modelEvaluations"), "NOT_FOUND")
        refused(v1.get(f"{name}/modelEvaluations?filter=x=1"), "INVALID_ARGUMENT", "filter")

    with rule("operations.list: operation_id, done, worksOn; get, wait, delete"):
        op = v1.wait(v1.post(f"{text_model(v1, made)}:undeploy"))
        one = op["name"].rsplit("/", 1)[1]
        everything = ok(v1.get(f"{P}/operations?pageSize=1000"))["operations"]
        same(ok(v1.get(f"{P}/operations?filter=operation_id={one}"))["operations"], [op])
        same(len(ok(v1.get(f"{P}/operations?pageSize=1000&filter=operation_id!={one}"))
                 ["operations"]), len(everything) - 1)
        same(ok(v1.get(f"{P}/operations?filter=done=false")), {})
        same(len(ok(v1.get(f"{P}/operations?pageSize=1000&filter=done!=false"))["operations"]),
             len(everything))
        mine = ok(v1.get(f"{P}/operations?pageSize=1000&filter=worksOn={edge}"))["operations"]
        assert mine and op not in mine and len(mine) < len(everything)
        by_id = re.sub(r"projects/\d+", "projects/demo", edge)
        same(ok(v1.get(f"{P}/operations?pageSize=1000&filter=works_on={by_id}"))["operations"],
             mine)
        same(len(ok(v1.get(f"{P}/operations?pageSize=1000&filter=worksOn!={edge}"))["operations"]),
             len(everything) - len(mine))
        for bad in ("model=a", "done=maybe", "createTime>x", "worksOn"):
            refused(v1.get(f"{P}/operations?filter={bad}"), "INVALID_ARGUMENT", "filter")
        same(ok(v1.post(f"{op['name']}:wait", {"timeout": "10s"})), op)
        refused(v1.post(f"{op['name']}:wait", {"timeout": "soon"}), "INVALID_ARGUMENT", "timeout")
        same(ok(v1.delete(op["name"])), {})
        refused(v1.get(op["name"]), "NOT_FOUND")
        refused(v1.delete(op["name"]), "NOT_FOUND")

    with rule("operations of the other services are not AutoML's"):
        vertex = Api(registry, "vertex")
        op = ok(vertex.post(f"{P}/models:upload", {"model": {"displayName": "v"}}))
        identity = op["name"].rsplit("/", 1)[1]
        refused(v1.get(f"{P}/operations/{identity}"), "NOT_FOUND")
        same(ok(v1.get(f"{P}/operations?filter=operation_id={identity}")), {})
        refused(v1.get(f"{P}/models/{op['name'].split('/')[5]}"), "NOT_FOUND")
        refused(vertex.get(edge), "NOT_FOUND")
        same([m["displayName"] for m in ok(vertex.get(f"{P}/models"))["models"]], ["v"])

    with rule("without a Host the ids tell the service"):
        same(registry.request("GET", f"/v1/{edge}").json["name"], edge)
        same(registry.request("GET", f"/v1/{edge}/modelEvaluations").status, 200)
        same(registry.request("GET", f"/v1/{P}/models", headers={"X-Modelfs-Service": "automl"})
             .json.keys() & {"model", "models"}, {"model"})
        same(registry.request("GET", f"/v1/{P}/models").json.keys() & {"model", "models"},
             {"models"})

    with rule("cancel: the operation ends with code 1, nothing is left"):
        with Registry(rate=1000000) as slow:
            api = Api(slow, "automl")
            slow.bucket("gs://demo-automl/big", {"model.tflite": b"x" * 4000000})
            op = ok(api.post(f"{P}/models", model(dataset="big")))
            same(op.get("done", False), False)
            same(ok(api.post(f"{op['name']}:cancel")), {})
            api.failed(api.get(op["name"]), 1)
            same(ok(api.get(f"{P}/models")), {})
            # cancelled before it began, it has not even made the directory
            left = os.path.join(slow.data, "artifacts/automl")
            same(os.listdir(left) if os.path.exists(left) else [], [])

    with rule("a kill at any instant: the model is there or not, its operation ends"):
        with Registry(rate=2000000) as slow:
            api = Api(slow, "automl")
            slow.bucket("gs://demo-automl/big", {"model.tflite": b"x" * 1000000})
            for wait in (0.0, 0.1, 0.45, 0.5, 0.55):
                op = ok(api.post(f"{P}/models", model(dataset="big",
                                                      **{IMAGE: {"modelType": EDGE[0]}})))
                time.sleep(wait)
                slow.kill()
                slow.start()
                name = api.done(api.get(op["name"]))["name"]
                same(ok(api.get(name))["datasetId"], "big")
            same(len(ok(api.get(f"{P}/models"))["model"]), 5)
            same(len(os.listdir(os.path.join(slow.data, "artifacts/automl"))), 5)

    with rule("docker: cancelled or killed: a whole image or none, nothing unfinished"):
        with Registry(rate=8000000) as slow:
            api = Api(slow, "automl", "v1beta1")
            slow.bucket("gs://demo-automl/big", {"model.tflite": os.urandom(2000000)})
            name = api.done(api.post(f"{P}/models", model(
                dataset="big", **{IMAGE: {"modelType": EDGE[0]}})))["name"]

            def begin(uri):
                return ok(api.post(f"{name}:export", {"outputConfig": {
                    "modelFormat": "docker", "gcrDestination": {"outputUri": uri}}}))

            def files():
                return [os.path.join(d, f) for d, _, fs in os.walk(os.path.join(slow.data, "images"))
                        for f in fs]
            op = begin("gcr.io/demo/stopped")
            time.sleep(0.1)
            ok(api.post(f"{op['name']}:cancel"))
            api.failed(api.get(op["name"]), 1)
            same([f for f in files() if "index.json" in f or ".modelfs-" in f], [])
            for wait in (0.0, 0.1, 0.3, 0.45, 0.5):
                op = begin("gcr.io/demo/killed")
                time.sleep(wait)
                slow.kill()
                slow.start()
                api.done(api.get(op["name"]))
                same([f for f in files() if ".modelfs-" in f], [])
            same(len([f for f in files() if "/killed/blobs/" in f]), 3)

    with rule("models.delete: an operation, the files go too"):
        name = made()
        own = os.path.join(registry.data, "artifacts/automl", name.rsplit("/", 1)[1])
        assert os.path.isdir(own)
        op = v1.wait(v1.delete(name))
        same((op["metadata"]["deleteDetails"], op["response"]),
             ({}, {"@type": "type.googleapis.com/google.protobuf.Empty"}))
        refused(v1.get(name), "NOT_FOUND")
        refused(v1.delete(name), "NOT_FOUND")
        assert not os.path.exists(own)

    with rule("locations: us-central1 only"):
        same([x["locationId"] for x in ok(v1.get("projects/demo/locations"))["locations"]],
             ["us-central1"])
        same(ok(v1.get(P))["locationId"], "us-central1")
        refused(v1.get("projects/demo/locations/europe-west4"), "NOT_FOUND")
        refused(v1.post("projects/demo/locations/europe-west4/models", model()),
                "INVALID_ARGUMENT", "parent")
        same(ok(v1.get("projects/nobody/locations")), {})

    with rule("v1beta1 operations bear v1beta1's types"):
        op = ok(create(beta))
        same(op["metadata"]["@type"],
             "type.googleapis.com/google.cloud.automl.v1beta1.OperationMetadata")
        same(v1.done(op_answer(v1, op))["@type"],
             "type.googleapis.com/google.cloud.automl.v1beta1.Model")

    with rule("unknown methods: 404 or 501 with the envelope"):
        for verb, path in (("POST", f"{edge}:predict"), ("POST", f"{P}/models:upload"),
                           ("GET", f"{P}/datasets"), ("POST", f"{edge}:nothing")):
            answer = v1.call(verb, path, {} if verb == "POST" else None)
            assert answer.status in (404, 501) and answer.json["error"]["code"] == answer.status


def text_model(api, made):
    return made(**{TEXT: {}})


def op_answer(api, op):
    return api.get(op["name"])


if __name__ == "__main__":
    sys.argv[0] = os.path.basename(sys.argv[0])
    with Registry() as the_registry:
        main(the_registry)
    end()
