#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every row of the vertex table, through REST in v1 and in v1beta1, at and on
both sides of each limit; then images, which need skopeo and docker-registry."""
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from surface import Api, Registry, end, has, hasnt, ok, refused, rule, same, skip

P = "projects/demo/locations/europe-west4"
EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}
FILES = {"model.tflite": "tflite" * 99, "m_edgetpu.tflite": "edge", "dict.txt": "cat\n",
         "saved/saved_model.pb": "pb", "saved/variables/variables.index": "index",
         "saved/assets/vocab.txt": "v", "web/model.json": '{"modelTopology":{}}',
         "web/group1-shard1of1.bin": "weights", "ios/model.mlmodel": "ml", "ios/dict.txt": "a"}
PARTS = {"tflite": ["model.tflite"], "edgetpu-tflite": ["m_edgetpu.tflite"],
         "tf-saved-model": ["saved/assets/vocab.txt", "saved/saved_model.pb",
                            "saved/variables/variables.index"],
         "tf-js": ["web/group1-shard1of1.bin", "web/model.json"],
         "core-ml": ["ios/dict.txt", "ios/model.mlmodel"], "custom-trained": sorted(FILES)}


def quote(text):
    return urllib.parse.quote(text, safe="")


def tree(path):
    return sorted(os.path.relpath(os.path.join(d, f), path)
                  for d, _, files in os.walk(path) for f in files)


class Vertex(Api):
    """Short names for what the rules do again and again."""

    def __init__(self, registry, version):
        super().__init__(registry, "vertex", version)
        self.types = f"type.googleapis.com/google.cloud.aiplatform.{version}."

    def upload(self, model=None, **more):
        return self.post(f"{P}/models:upload",
                         {"model": {"displayName": "m", **(model or {})}, **more})

    def made(self, model=None, **more):
        """The model's name, by the project's number."""
        return self.done(self.upload(model, **more))["model"]

    def added(self, parent, **model):
        """A version more; its id."""
        answer = self.post(f"{P}/models:upload", {"parentModel": parent, "model": model})
        return self.done(answer)["modelVersionId"]

    def merge(self, name, *aliases):
        return self.post(f"{name}:mergeVersionAliases", {"versionAliases": list(aliases)})

    def aliases(self, name):
        return ok(self.get(name)).get("versionAliases", [])

    def export(self, name, **config):
        return self.post(f"{name}:export", {"outputConfig": config})

    def exported(self, name, **config):
        """The directory of a good export."""
        op = self.wait(self.export(name, **config))
        has(op, "response")
        return op["metadata"]["outputInfo"]["artifactOutputUri"]


def to(prefix="gs://demo-exports/out"):
    return {"outputUriPrefix": prefix}


def uploads(v):
    with rule(f"{v.version} modelId: [a-z_][a-z0-9_-]{{0,62}}"):
        for good in ("a", "_", "a" * 63, f"a-1_b{v.version}", "_0"):
            same(v.made(modelId=good).rsplit("/", 1)[1], good)
            v.done(v.delete(f"{P}/models/{good}"))
        for bad in ("a" * 64, "A", "1a", "-a", "a.b", "a b", "é", "a@1", "a/b"):
            refused(v.upload(modelId=bad), "INVALID_ARGUMENT", "modelId")
        refused(v.upload(modelId=5), "INVALID_ARGUMENT")

    with rule(f"{v.version} modelId: taken: ALREADY_EXISTS; with parentModel: refused; absent: numeric"):
        v.made(modelId="taken")
        refused(v.upload(modelId="taken"), "ALREADY_EXISTS", "modelId")
        refused(v.upload(modelId="other", parentModel=f"{P}/models/taken"), "INVALID_ARGUMENT",
                "modelId")
        assert re.fullmatch(r"\d{19}", v.made().rsplit("/", 1)[1])
        assert re.fullmatch(r"\d{19}", v.made(modelId="").rsplit("/", 1)[1])
        refused(v.upload(parentModel=f"{P}/models/nothing"), "NOT_FOUND", "parentModel")
        refused(v.upload(parentModel="models/taken"), "INVALID_ARGUMENT", "parentModel")
        refused(v.upload(parentModel="projects/demo/locations/us-central1/models/taken"),
                "INVALID_ARGUMENT", "parentModel")
        v.done(v.delete(f"{P}/models/taken"))

    with rule(f"{v.version} upload: an operation below the model, UploadModelResponse"):
        op = ok(v.upload(modelId="fresh"))
        assert re.fullmatch(r"projects/\d+/locations/europe-west4/models/fresh/operations/\d{19}",
                            op["name"]), op["name"]
        same(op["metadata"]["@type"], v.types + "UploadModelOperationMetadata")
        has(op["metadata"]["genericMetadata"], "createTime", "updateTime")
        same(v.done(v.get(op["name"])), {"@type": v.types + "UploadModelResponse",
                                         "model": op["name"].split("/operations")[0],
                                         "modelVersionId": "1"})
        same(ok(v.get(re.sub("/models/fresh", "", op["name"])))["name"], op["name"])
        v.done(v.delete(f"{P}/models/fresh"))

    with rule(f"{v.version} displayName: 1 … 128 characters, any UTF-8, not unique"):
        for good in ("x", "x" * 128, "é" * 128, "a/b\nc\t\"", "日本語", "😀" * 128, " "):
            same(ok(v.get(v.made({"displayName": good})))["displayName"], good)
        v.made({"displayName": "x"})
        for bad in ("", "x" * 129, "😀" * 129, None, 5, ["x"]):
            refused(v.upload({"displayName": bad}), "INVALID_ARGUMENT", "model.displayName")
        refused(v.post(f"{P}/models:upload", {"model": {}}), "INVALID_ARGUMENT",
                "model.displayName")
        refused(v.post(f"{P}/models:upload", {}), "INVALID_ARGUMENT", "model")
        name = v.made()
        for good in ("x", "y" * 128):
            same(ok(v.patch(name, {"displayName": good}, "displayName"))["displayName"], good)
        for bad in ("", "x" * 129):
            refused(v.patch(name, {"displayName": bad}, "displayName"), "INVALID_ARGUMENT",
                    "displayName")

    with rule(f"{v.version} labels: keys and values ≤ 64 code points, lowercase, digits, _, -"):
        good = {"a" * 64: "b" * 64, "é" * 64: "ß" * 64, "1": "", "_-": "-_", "日本": "語"}
        same(ok(v.get(v.made({"labels": good})))["labels"], good)
        for bad in ({"a" * 65: ""}, {"é" * 65: ""}, {"a": "b" * 65}, {"A": ""}, {"a": "B"},
                    {"": "x"}, {"a.b": ""}, {"a": "1.3kg"}, {"a b": ""}, {"É": ""}, {"a": "x/y"}):
            refused(v.upload({"labels": bad}), "INVALID_ARGUMENT", "model.labels")
            refused(v.patch(name, {"labels": bad}, "labels"), "INVALID_ARGUMENT", "labels")
        refused(v.upload({"labels": {"a": 1}}), "INVALID_ARGUMENT")
        refused(v.upload({"labels": ["a"]}), "INVALID_ARGUMENT")

    with rule(f"{v.version} labels: upload's are the version's; merged on read, the version's win"):
        name = v.made({"labels": {"a": "1", "b": "1"}})
        same(ok(v.patch(name, {"labels": {"b": "m", "c": "m"}}, "labels"))["labels"],
             {"a": "1", "b": "1", "c": "m"})
        v.added(name, labels={"c": "2"})
        same(ok(v.get(name + "@2"))["labels"], {"b": "m", "c": "2"})
        ok(v.patch(name + "@1", {"labels": {}}, "labels"))
        same(ok(v.get(name))["labels"], {"b": "m", "c": "m"})
        ok(v.patch(name + "@-", {}, "labels"))
        hasnt(ok(v.get(name)), "labels")

    with rule(f"{v.version} output-only fields in a request are ignored"):
        got = ok(v.get(v.made({"name": "x", "createTime": "2001-01-01T00:00:00Z",
                               "versionId": "7", "etag": "e", "updateTime": "2001-01-01T00:00:00Z",
                               "supportedExportFormats": [{"id": "tflite"}],
                               "deployedModels": [{"endpoint": "e"}]})))
        same((got["versionId"], got["createTime"][:4] != "2001"), ("1", True))
        hasnt(got, "deployedModels", "supportedExportFormats")


def versions(v):
    with rule(f"{v.version} versions: 1, 2, 3 …; the first has `default`, later ones if they ask"):
        name = v.made({"description": "d", "versionDescription": "one"})
        same(v.aliases(name), ["default"])
        same((v.added(name), v.added(name, versionAliases=["golden"])), ("2", "3"))
        same((v.aliases(name + "@2"), v.aliases(name + "@3")), ([], ["golden"]))
        same(ok(v.get(name))["versionId"], "1")
        same(v.added(name, versionAliases=["default", "last"]), "4")
        same((ok(v.get(name))["versionId"], v.aliases(name + "@4"), v.aliases(name + "@1")),
             ("4", ["default", "last"], []))

    with rule(f"{v.version} parentModel leaves the model's displayName and description alone"):
        v.added(name, displayName="other", description="other", versionDescription="five")
        got = ok(v.get(name + "@5"))
        same((got["displayName"], got["description"], got["versionDescription"]),
             ("m", "d", "five"))
        same(ok(v.get(name + "@1"))["versionDescription"], "one")

    with rule(f"{v.version} @version, @alias, @-, and the name without"):
        same([ok(v.get(name + tag))["versionId"] for tag in ("", "@4", "@golden", "@last",
                                                             "@default", "@-", "%402")],
             ["4", "4", "3", "4", "4", "4", "2"])
        same({ok(v.get(name + tag))["name"] for tag in ("", "@4", "@golden")}, {name})
        for tag in ("@9", "@nobody", "@0", "@", "@4@4"):
            refused(v.get(name + tag), "NOT_FOUND")
        same([(m["versionId"], m["name"]) for m in ok(v.get(name + ":listVersions"))["models"]],
             [(i, f"{name}@{i}") for i in "12345"])

    with rule(f"{v.version} aliases: [a-z][a-zA-Z0-9-]{{0,126}}[a-z0-9]"):
        for good in ("ab", "a1", "a-b", "aBC-9z", "a" * 128, "a" + "-" * 126 + "9"):
            has(ok(v.merge(name + "@2", good))["versionAliases"], good)
            ok(v.merge(name + "@2", "-" + good))
        for bad in ("a", "A1", "1a", "a" * 129, "a_b", "aB", "a-", "", "-", "--ab", "é1", "12"):
            refused(v.merge(name + "@2", bad), "INVALID_ARGUMENT", "versionAliases")
            if bad not in ("-", "--ab"):
                refused(v.upload({"versionAliases": [bad]}), "INVALID_ARGUMENT",
                        "model.versionAliases")
        same(v.aliases(name + "@2"), [])

    with rule(f"{v.version} mergeVersionAliases: only on @ID; at least one alias"):
        for tag in ("", "@-", "@golden", "@default"):
            refused(v.merge(name + tag, "xy"), "INVALID_ARGUMENT", "name")
        refused(v.merge(name + "@9", "xy"), "NOT_FOUND")
        refused(v.merge(name + "@2"), "INVALID_ARGUMENT", "versionAliases")
        refused(v.post(name + "@2:mergeVersionAliases", {}), "INVALID_ARGUMENT", "versionAliases")

    with rule(f"{v.version} mergeVersionAliases: adding moves, -x removes, both cancel out"):
        same(ok(v.merge(name + "@2", "golden", "new"))["versionAliases"], ["golden", "new"])
        same(v.aliases(name + "@3"), [])
        same(ok(v.merge(name + "@2", "-golden"))["versionAliases"], ["new"])
        refused(v.get(name + "@golden"), "NOT_FOUND")
        same(ok(v.merge(name + "@2", "zz", "-zz", "-new", "new"))["versionAliases"], ["new"])
        same(ok(v.merge(name + "@3", "-new")).get("versionAliases", []), [])
        same(v.aliases(name + "@2"), ["new"])
        has(ok(v.merge(name + "@2", "default"))["versionAliases"], "default")
        same((ok(v.get(name))["versionId"], v.aliases(name + "@4")), ("2", ["last"]))

    with rule(f"{v.version} removing -default from its holder: FAILED_PRECONDITION"):
        refused(v.merge(name + "@2", "-default"), "FAILED_PRECONDITION", "versionAliases")
        refused(v.merge(name + "@2", "xx", "-default"), "FAILED_PRECONDITION")
        same(v.aliases(name + "@2"), ["default", "new"])
        ok(v.merge(name + "@4", "-default"))
        same(ok(v.get(name))["versionId"], "2")

    with rule(f"{v.version} deleteVersion: an id is needed"):
        for tag in ("", "@-", "@default", "@last"):
            refused(v.delete(name + tag + ":deleteVersion"), "INVALID_ARGUMENT", "name")
        refused(v.delete(name + "@9:deleteVersion"), "NOT_FOUND")

    with rule(f"{v.version} deleteVersion: the default's gives `default` to the newest left"):
        op = v.wait(v.delete(name + "@2:deleteVersion"))
        same((op["response"], op["metadata"]["@type"]),
             (EMPTY, v.types + "DeleteOperationMetadata"))
        same((ok(v.get(name))["versionId"], v.aliases(name + "@5")), ("5", ["default"]))
        refused(v.get(name + "@2"), "NOT_FOUND")
        v.done(v.delete(name + "@5:deleteVersion"))
        same(ok(v.get(name))["versionId"], "4")
        same(v.added(name), "6")

    with rule(f"{v.version} deleteVersion: the only version: FAILED_PRECONDITION"):
        for i in ("1", "3", "6"):
            v.done(v.delete(f"{name}@{i}:deleteVersion"))
        refused(v.delete(name + "@4:deleteVersion"), "FAILED_PRECONDITION", "name")
        same(ok(v.get(name))["versionId"], "4")

    with rule(f"{v.version} models.delete: with all versions; operations outlive it"):
        refused(v.delete(name + "@4"), "INVALID_ARGUMENT", "name")
        op = v.wait(v.delete(name))
        same(op["response"], EMPTY)
        refused(v.get(name), "NOT_FOUND")
        refused(v.delete(name), "NOT_FOUND")
        same(ok(v.get(op["name"])), op)


def patches(v):
    name = v.made({"description": "d", "versionDescription": "vd", "labels": {"k": "1"}})
    v.added(name)

    with rule(f"{v.version} updateMask: required, known paths: else INVALID_ARGUMENT"):
        for mask in (None, "", "*", "nothing", "display_names", "etag", "name", "versionAliases",
                     "artifactUri", "metadata", "createTime", "displayName,nothing", ",",
                     "labels.k", "containerSpec.imageUri"):
            refused(v.patch(name, {"displayName": "x"}, mask), "INVALID_ARGUMENT", "updateMask")
        same(ok(v.get(name))["displayName"], "m")

    with rule(f"{v.version} updateMask: models/M and models/M@-: displayName, description, labels"):
        for i, tag in enumerate(("", "@-")):
            got = ok(v.patch(name + tag, {"displayName": f"n{i}", "description": f"e{i}",
                                          "labels": {"m": str(i)}},
                             "displayName,description,labels"))
            same((got["displayName"], got["description"], got["labels"]),
                 (f"n{i}", f"e{i}", {"k": "1", "m": str(i)}))
            hasnt(ok(v.patch(name + tag, {}, "description")), "description")
            same(ok(v.patch(name + tag, {"display_name": "sn"}, "display_name"))["displayName"],
                 "sn")

    with rule(f"{v.version} updateMask: models/M@ID: versionDescription, labels"):
        for tag in ("@1", "@2"):
            got = ok(v.patch(name + tag, {"versionDescription": tag, "labels": {"v": tag[1]}},
                             "versionDescription,labels"))
            same((got["versionDescription"], got["labels"]["v"]), (tag, tag[1]))
        same(ok(v.get(name + "@1"))["versionDescription"], "@1")

    with rule(f"{v.version} updateMask: wrong level or mixed: FAILED_PRECONDITION"):
        for tag, mask in (("", "versionDescription"), ("@-", "versionDescription"),
                          ("@1", "displayName"), ("@1", "description"),
                          ("@1", "versionDescription,displayName"),
                          ("", "displayName,versionDescription"),
                          ("", "labels,versionDescription")):
            refused(v.patch(name + tag, {"displayName": "x", "versionDescription": "x"}, mask),
                    "FAILED_PRECONDITION", "updateMask")

    with rule(f"{v.version} a patch applies only its mask"):
        got = ok(v.patch(name, {"displayName": "p", "description": "no", "labels": {}},
                         "displayName"))
        same((got["displayName"], got.get("description"), "m" in got["labels"]), ("p", None, True))

    with rule(f"{v.version} etag: absent is blind, another value ABORTED"):
        etag = ok(v.get(name))["etag"]
        ok(v.patch(name, {"displayName": "q", "etag": etag}, "displayName"))
        refused(v.patch(name, {"displayName": "r", "etag": etag}, "displayName"), "ABORTED", "etag")
        refused(v.patch(name + "@1", {"versionDescription": "r", "etag": etag},
                        "versionDescription"), "ABORTED", "etag")
        ok(v.patch(name, {"displayName": "s"}, "displayName"))
        ok(v.patch(name, {"displayName": "t", "etag": ""}, "displayName"))
        same(ok(v.get(name))["displayName"], "t")

    with rule(f"{v.version} patch of what is not there: NOT_FOUND"):
        for missing in (f"{P}/models/none", name + "@9", name + "@nobody"):
            refused(v.patch(missing, {"labels": {}}, "labels"), "NOT_FOUND")


def exports(v, registry):
    registry.bucket("gs://demo-models/all", FILES)
    name = v.made({"artifactUri": "gs://demo-models/all/", "displayName": "Ab.c_d-9"})
    bare = v.made()
    image = v.made({"containerSpec": {"imageUri": "gcr.io/demo/none:1"}})

    with rule(f"{v.version} supportedExportFormats: from the files, custom-trained last"):
        listed = ok(v.get(name))["supportedExportFormats"]
        same([f["id"] for f in listed], list(PARTS))
        same([f["exportableContents"] for f in listed], [["ARTIFACT"]] * 6)
        hasnt(ok(v.get(bare)), "supportedExportFormats")
        for part in PARTS:
            if part == "custom-trained":
                continue
            where = f"gs://demo-models/{part}{v.version}"
            registry.bucket(where, {f: FILES[f] for f in PARTS[part]})
            one = ok(v.get(v.made({"artifactUri": where})))["supportedExportFormats"]
            same([f["id"] for f in one], [part, "custom-trained"])
        registry.bucket("gs://demo-models/no-js", {"model.json": '{"a":1}'})
        same([f["id"] for f in ok(v.get(v.made({"artifactUri": "gs://demo-models/no-js"})))
              ["supportedExportFormats"]], ["custom-trained"])
        same(ok(v.get(image))["supportedExportFormats"],
             [{"id": "custom-trained", "exportableContents": ["IMAGE"]}])
        both = v.made({"artifactUri": "gs://demo-models/tflite" + v.version,
                       "containerSpec": {"imageUri": "gcr.io/demo/i"}})
        same(ok(v.get(both))["supportedExportFormats"],
             [{"id": i, "exportableContents": ["ARTIFACT", "IMAGE"]}
              for i in ("tflite", "custom-trained")])

    with rule(f"{v.version} artifactUri: gs://…; nothing there ends the upload NOT_FOUND"):
        v.failed(v.upload({"artifactUri": "gs://demo-models/nothing"}), 5)
        for bad in ("demo-models/x", "s3://x/y", "gs://"):
            refused(v.upload({"artifactUri": bad}), "INVALID_ARGUMENT", "model.artifactUri")

    with rule(f"{v.version} exportFormatId: each format with its files"):
        for kind, files in PARTS.items():
            out = v.exported(name, exportFormatId=kind, artifactDestination=to())
            same(tree(registry.path(out)), files)

    with rule(f"{v.version} exportFormatId: absent: the first; none or unknown: FAILED_PRECONDITION"):
        for config in ({}, {"exportFormatId": ""}):
            out = v.exported(name, artifactDestination=to(), **config)
            same(tree(registry.path(out)), PARTS["tflite"])
        refused(v.export(bare, artifactDestination=to()), "FAILED_PRECONDITION")
        refused(v.export(bare, artifactDestination=to(), exportFormatId="tflite"),
                "FAILED_PRECONDITION")
        for bad in ("edgetpu_tflite", "TFLITE", "docker", "x"):
            refused(v.export(name, artifactDestination=to(), exportFormatId=bad),
                    "FAILED_PRECONDITION", "outputConfig.exportFormatId")

    with rule(f"{v.version} destination: at least one, and only such as the format allows"):
        refused(v.export(name), "INVALID_ARGUMENT", "outputConfig")
        refused(v.post(f"{name}:export", {}), "INVALID_ARGUMENT", "outputConfig")
        refused(v.export(name, imageDestination={"outputUri": "gcr.io/demo/x"}),
                "INVALID_ARGUMENT", "outputConfig.imageDestination")
        refused(v.export(name, artifactDestination=to(),
                         imageDestination={"outputUri": "gcr.io/demo/x"}),
                "INVALID_ARGUMENT", "outputConfig.imageDestination")
        refused(v.export(image, artifactDestination=to()), "INVALID_ARGUMENT",
                "outputConfig.artifactDestination")

    with rule(f"{v.version} artifactDestination.outputUriPrefix: gs://bucket/…, no bare bucket"):
        field = "outputConfig.artifactDestination.outputUriPrefix"
        for bad in ("", "gs://demo-exports", "gs://demo-exports/", "gs://demo-exports//", "x/y",
                    "gs://", "https://demo-exports/x", "gs://Demo/x", "gs://demo-exports/../x",
                    "gs://demo-exports/a/./b"):
            refused(v.export(name, artifactDestination=to(bad)), "INVALID_ARGUMENT", field)
        refused(v.export(name, artifactDestination={}), "INVALID_ARGUMENT", field)
        for good in (f"gs://fresh-{v.version}/a", "gs://demo-exports/a/b/c/", "gs://demo-exports/ü"):
            assert v.exported(name, artifactDestination=to(good)).startswith(good.rstrip("/") + "/")

    with rule(f"{v.version} imageDestination.outputUri: a registry's path; no tag: latest"):
        field = "outputConfig.imageDestination.outputUri"
        for good, full in (("gcr.io/demo/x", "gcr.io/demo/x:latest"),
                           ("eu.gcr.io/demo/x:v1", "eu.gcr.io/demo/x:v1"),
                           ("us-central1-docker.pkg.dev/demo/repo/x",
                            "us-central1-docker.pkg.dev/demo/repo/x:latest")):
            op = ok(v.export(image, imageDestination={"outputUri": good}))
            same(op["metadata"]["outputInfo"], {"imageOutputUri": full})
            v.failed(v.get(op["name"]), 5, "gcr.io/demo/none:1")
        for bad in ("", "x", "gcr.io/x", "docker.io/a/b", "localhost/a/b", "gcr.io/demo/",
                    "us-central1-docker.pkg.dev/demo/x", "https://gcr.io/demo/x",
                    "gcr.io/demo/x:", "gcr.io/demo/x:a:b", "gcr.io/demo/../x", "gcr.io/Demo/X"):
            refused(v.export(image, imageDestination={"outputUri": bad}), "INVALID_ARGUMENT", field)

    with rule(f"{v.version} export name: may end in @version or @alias; without: the default"):
        registry.bucket("gs://demo-models/second", {"two.tflite": "2"})
        v.added(name, artifactUri="gs://demo-models/second", versionAliases=["next"])
        for tag, files in (("", PARTS["tflite"]), ("@1", PARTS["tflite"]), ("@2", ["two.tflite"]),
                           ("@next", ["two.tflite"]), ("@default", PARTS["tflite"])):
            same(tree(registry.path(v.exported(name + tag, artifactDestination=to()))), files)
        refused(v.export(name + "@3", artifactDestination=to()), "NOT_FOUND")

    with rule(f"{v.version} result: model-export-<model-display-name>-<timestamp-of-export-call>"):
        began = time.time()
        op = ok(v.export(name, artifactDestination=to("gs://demo-exports/result")))
        out = op["metadata"]["outputInfo"]["artifactOutputUri"]
        found = re.fullmatch(r"gs://demo-exports/result/model-export-Ab\.c_d-9-"
                             r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z", out)
        assert found, out
        stamp = time.mktime(time.strptime(found[1], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        assert abs(stamp - began) < 5
        same(v.done(v.get(op["name"])), {"@type": v.types + "ExportModelResponse"})
        same(op["metadata"]["@type"], v.types + "ExportModelOperationMetadata")
        with open(os.path.join(registry.data, "exports", op["name"].rsplit("/", 1)[1] + ".json"),
                  encoding="utf-8") as f:
            same([(x["name"], x["sha256"]) for x in json.load(f)["files"]],
                 [("model.tflite", hashlib.sha256(FILES["model.tflite"].encode()).hexdigest())])

    with rule(f"{v.version} result: bytes outside [A-Za-z0-9._-] become _; never two the same"):
        ok(v.patch(name, {"displayName": "a/b é\n~"}, "displayName"))
        outs = {v.exported(name, artifactDestination=to("gs://demo-exports/odd")) for _ in range(4)}
        same(len(outs), 4)
        same({o[:-25] for o in outs}, {"gs://demo-exports/odd/model-export-a_b_____"})


def evaluations(v):
    with rule(f"{v.version} evaluations: get, list, filter"):
        name = v.made()
        one = ok(v.post(f"{name}/evaluations:import",
                        {"modelEvaluation": {"displayName": "e", "metricsSchemaUri": "gs://s",
                                             "metrics": {"auPrc": 0.9}}}))
        assert re.fullmatch(re.escape(name) + r"/evaluations/\d{19}", one["name"])
        same((ok(v.get(one["name"])), ok(v.get(f"{name}/evaluations"))),
             (one, {"modelEvaluations": [one]}))
        same(ok(v.get(f"{name}/evaluations?filter=displayName=x")), {})
        refused(v.get(f"{name}/evaluations/1"), "NOT_FOUND")
        refused(v.get(f"{P}/models/none/evaluations"), "NOT_FOUND")


def lists(v):
    with rule(f"{v.version} lists: filters, orderBy, readMask, pages"):
        place = f"projects/lists{v.version}/locations/l1"
        for i, letter in enumerate("bca"):
            v.done(v.post(f"{place}/models:upload", {
                "modelId": f"m{i}", "model": {"displayName": letter, "labels": {"k": letter}}}))

        def listed(query):
            return [m["displayName"] for m in ok(v.get(f"{place}/models?{query}")).get("models", [])]
        same(listed("filter=" + quote("display_name=a OR labels.k=b")), ["b", "a"])
        same(listed("filter=" + quote('model!="m0"')), ["c", "a"])
        same(listed("filter=" + quote("labels:k AND NOT displayName=c")), ["b", "a"])
        for bad in ("x=1", "displayName>a", "(", "displayName=", 'displayName="a'):
            refused(v.get(f"{place}/models?filter={quote(bad)}"), "INVALID_ARGUMENT", "filter")
        same(list(ok(v.get(f"{place}/models?readMask=displayName"))["models"][0]), ["displayName"])
        refused(v.get(f"{place}/models?readMask=nothing"), "INVALID_ARGUMENT", "readMask")
        if v.version == "v1":
            same(listed("orderBy=display_name"), ["a", "b", "c"])
            same(listed("orderBy=" + quote("displayName desc")), ["c", "b", "a"])
            refused(v.get(f"{place}/models?orderBy=nothing"), "INVALID_ARGUMENT", "orderBy")
        else:
            refused(v.get(f"{place}/models?orderBy=display_name"), "INVALID_ARGUMENT", "orderBy")
        got, token = [], ""
        while True:
            page = ok(v.get(f"{place}/models?pageSize=1&pageToken={token}"))
            got += [m["displayName"] for m in page.get("models", [])]
            token = page.get("nextPageToken")
            if not token:
                break
            if len(got) == 1:
                v.done(v.post(f"{place}/models:upload", {"model": {"displayName": "z"}}))
        same(got, ["b", "c", "a", "z"])
        refused(v.get(f"{place}/models?pageSize=-1"), "INVALID_ARGUMENT", "pageSize")
        refused(v.get(f"{place}/models?pageToken=bad"), "INVALID_ARGUMENT", "pageToken")
        token = ok(v.get(f"{place}/models?pageSize=1"))["nextPageToken"]
        refused(v.get(f"{place}/models?pageSize=1&filter=model=m1&pageToken={token}"),
                "INVALID_ARGUMENT", "pageToken")
        same(ok(v.get("projects/nobody/locations/l1/models")), {})


def beta(v1, v1beta1):
    with rule("v1beta1 lacks Model.dataStats and Model.pipelineJob"):
        for field, value in (("dataStats", {"trainingDataItemsCount": "5"}),
                             ("pipelineJob", "projects/p/locations/l/pipelineJobs/j")):
            v1.made({field: value})
            refused(v1beta1.upload({field: value}), "INVALID_ARGUMENT")
            name = v1.made({field: value})
            has(ok(v1.get(name)), field)
            hasnt(ok(v1beta1.get(name)), field)

    with rule("int64 as a string or a number, answered as a string; an explicit 0 is a value"):
        for given in (5, "5"):
            name = v1.made({"dataStats": {"trainingDataItemsCount": given}})
            same(ok(v1.get(name))["dataStats"], {"trainingDataItemsCount": "5"})
        for bad in ("x", 1.5, True, "9223372036854775808", []):
            refused(v1.upload({"dataStats": {"trainingDataItemsCount": bad}}), "INVALID_ARGUMENT",
                    "model.dataStats.trainingDataItemsCount")

    with rule("/ui/ serves operations of both versions with their own types"):
        for v in (v1, v1beta1):
            op = ok(v.upload())
            got = v.registry.request("GET", f"/ui/{op['name']}", service="vertex")
            same(ok(got)["metadata"]["@type"], v.types + "UploadModelOperationMetadata")
            same(ok(v.registry.request("POST", f"/ui/{op['name']}:cancel", {}, "vertex")), {})


def layout(registry, where, tag, text):
    """An image of one layer, laid by hand; its manifest's digest."""
    base = os.path.join(registry.data, "images", where)
    os.makedirs(os.path.join(base, "blobs/sha256"))

    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(base, "blobs/sha256", digest), "wb") as f:
            f.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}
    oci = "application/vnd.oci.image."
    layer = put(text)
    config = put(json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                             "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}).encode())
    manifest = put(json.dumps({
        "schemaVersion": 2, "mediaType": oci + "manifest.v1+json",
        "config": {"mediaType": oci + "config.v1+json", **config},
        "layers": [{"mediaType": oci + "layer.v1.tar", **layer}]}).encode())
    with open(os.path.join(base, "oci-layout"), "w", encoding="utf-8") as f:
        f.write('{"imageLayoutVersion":"1.0.0"}')
    with open(os.path.join(base, "index.json"), "w", encoding="utf-8") as f:
        json.dump({"schemaVersion": 2, "manifests": [
            {"mediaType": oci + "manifest.v1+json", **manifest,
             "annotations": {"org.opencontainers.image.ref.name": tag}}]}, f)
    return manifest["digest"]


def index(registry, where):
    with open(os.path.join(registry.data, "images", where, "index.json"), encoding="utf-8") as f:
        return {m["annotations"]["org.opencontainers.image.ref.name"]: m["digest"]
                for m in json.load(f)["manifests"]}


def images(v, registry):
    digest = layout(registry, "gcr.io/demo/source", "v1", b"\0" * 10240)

    with rule("image: the containerSpec's, by tag or digest, is copied with its digest"):
        for n, source in enumerate(("gcr.io/demo/source:v1", "gcr.io/demo/source@" + digest)):
            name = v.made({"containerSpec": {"imageUri": source}})
            v.done(v.export(name, imageDestination={"outputUri": f"gcr.io/demo/copy:t{n}"}))
            same(index(registry, "gcr.io/demo/copy")[f"t{n}"], digest)
        same(tree(os.path.join(registry.data, "images/gcr.io/demo/copy/blobs")),
             tree(os.path.join(registry.data, "images/gcr.io/demo/source/blobs")))

    with rule("image: absent, the operation ends NOT_FOUND, and nothing is there"):
        for source in ("gcr.io/demo/source:v2", "gcr.io/demo/absent", "not an image",
                       "gcr.io/demo/source@sha256:" + "0" * 64):
            name = v.made({"containerSpec": {"imageUri": source}})
            v.failed(v.export(name, imageDestination={"outputUri": "gcr.io/demo/never"}), 5, source)
        assert not os.path.exists(os.path.join(registry.data, "images/gcr.io/demo/never"))

    with rule("image: together with the artifacts"):
        name = v.made({"artifactUri": "gs://demo-models/all",
                       "containerSpec": {"imageUri": "gcr.io/demo/source:v1"}})
        op = v.wait(v.export(name, exportFormatId="tflite", artifactDestination=to(),
                             imageDestination={"outputUri": "gcr.io/demo/with"}))
        info = op["metadata"]["outputInfo"]
        same((tree(registry.path(info["artifactOutputUri"])), info["imageOutputUri"]),
             (["model.tflite"], "gcr.io/demo/with:latest"))
        same(index(registry, "gcr.io/demo/with"), {"latest": digest})

    if not shutil.which("skopeo"):
        skip("image: skopeo accepts the layouts", "skopeo is not installed")
        return
    with rule("image: skopeo accepts the layouts"):
        out = subprocess.run(["skopeo", "inspect", "--raw",
                              f"oci:{registry.data}/images/gcr.io/demo/copy:t1"],
                             check=True, capture_output=True).stdout
        same("sha256:" + hashlib.sha256(out).hexdigest(), digest)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_docker_registry(port, where):
    config = os.path.join(where, "registry.yml")
    with open(config, "w", encoding="utf-8") as f:
        f.write(f"version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem:\n"
                f"    rootdirectory: {where}/store\nhttp:\n  addr: 127.0.0.1:{port}\n")
    program = subprocess.Popen(["docker-registry", "serve", config], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=2):
                return program
        except OSError:
            time.sleep(0.1)
    program.kill()
    raise SystemExit("docker-registry does not answer")


def remote_images():
    """From and to a real registry, each way."""
    missing = [p for p in ("skopeo", "docker-registry") if not shutil.which(p)]
    if missing:
        skip("image: --registry HOST=URL", f"{' and '.join(missing)} not installed")
        return
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Registry("--registry", f"gcr.io={url}") as registry:
        program = start_docker_registry(port, registry.data)
        v = Vertex(registry, "v1")

        def remote(name, tag):
            wanted = urllib.request.Request(
                f"{url}/v2/{name}/manifests/{tag}",
                headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
            with urllib.request.urlopen(wanted, timeout=10) as a:
                return "sha256:" + hashlib.sha256(a.read()).hexdigest()

        def moved(source, dest):
            name = v.made({"containerSpec": {"imageUri": source}})
            return v.done(v.export(name, imageDestination={"outputUri": dest}))
        try:
            digest = layout(registry, "eu.gcr.io/demo/source", "v1", b"\0" * 10240)
            with rule("--registry: to a real registry, with the digest"):
                moved("eu.gcr.io/demo/source:v1", "gcr.io/demo/pushed:p1")
                moved("eu.gcr.io/demo/source@" + digest, "gcr.io/demo/pushed:p2")
                same((remote("demo/pushed", "p1"), remote("demo/pushed", "p2")), (digest, digest))
            with rule("--registry: from a real registry, with the digest"):
                moved("gcr.io/demo/pushed:p1", "us.gcr.io/demo/pulled")
                moved("gcr.io/demo/pushed@" + digest, "us.gcr.io/demo/pulled:d")
                same(index(registry, "us.gcr.io/demo/pulled"), {"latest": digest, "d": digest})
            with rule("--registry: within a real registry"):
                moved("gcr.io/demo/pushed:p1", "gcr.io/demo/again:x")
                same(remote("demo/again", "x"), digest)
            with rule("--registry: an image that is not there: NOT_FOUND"):
                for source in ("gcr.io/demo/pushed:p9", "gcr.io/demo/nothing:1"):
                    name = v.made({"containerSpec": {"imageUri": source}})
                    v.failed(v.export(name, imageDestination={"outputUri": "gcr.io/demo/no"}), 5,
                             source)
            with rule("--registry: AutoML's docker export is pushed too"):
                automl = Api(registry, "automl", "v1beta1")
                registry.bucket("gs://demo-automl/D", {"model.tflite": "x"})
                place = "projects/demo/locations/us-central1"
                name = automl.done(automl.post(f"{place}/models", {
                    "displayName": "m", "datasetId": "D",
                    "imageClassificationModelMetadata": {"modelType": "mobile-versatile-1"}}))["name"]
                automl.done(automl.post(f"{name}:export", {"outputConfig": {
                    "modelFormat": "docker",
                    "gcrDestination": {"outputUri": "gcr.io/demo/automl:1"}}}))
                same(remote("demo/automl", "1"), index(registry, "gcr.io/demo/automl")["1"])
            with rule("--registry: a registry that does not answer: the operation fails"):
                program.kill()
                program.wait()
                name = v.made({"containerSpec": {"imageUri": "gcr.io/demo/pushed:p1"}})
                op = v.wait(v.export(name, imageDestination={"outputUri": "gcr.io/demo/z"}))
                has(op, "error")
            same([f for f in os.listdir(os.path.join(registry.data, "images"))
                  if f.startswith(".")], [])
        finally:
            program.kill()
            program.wait()


def main():
    with Registry() as registry:
        both = Vertex(registry, "v1"), Vertex(registry, "v1beta1")
        for v in both:
            uploads(v)
            versions(v)
            patches(v)
            exports(v, registry)
            evaluations(v)
            lists(v)
        beta(*both)
        images(both[0], registry)
    remote_images()


if __name__ == "__main__":
    sys.argv[0] = os.path.basename(sys.argv[0])
    main()
    end()
