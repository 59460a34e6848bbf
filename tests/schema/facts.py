# SPDX-License-Identifier: MIT
"""The services' schemas as plain facts: how they are told, written and read.

A table (tests/schema/*.tsv) has two kinds of lines, their columns separated by
tabs, `-` for nothing:

    method  ID  VERB  PATH  QUERY  REQUEST  RESPONSE  LRO-RESPONSE  LRO-METADATA
    field   SCHEMA  NAME  TYPE  BEHAVIOUR  ENUMERATORS

PATH has {} for a segment, QUERY is `name:type,…`.  TYPE is string, bool, int32,
int64, float, timestamp, duration, bytes, mask, enum, any (any JSON value) or
@SCHEMA; [] before it says an array, {} a map from strings.
"""
import json
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
TYPES = {
    ("string", None): "string", ("boolean", None): "bool", ("integer", "int32"): "int32",
    ("integer", "uint32"): "int32", ("string", "int64"): "int64", ("string", "uint64"): "int64",
    ("number", "float"): "float", ("number", "double"): "float",
    ("string", "google-datetime"): "timestamp", ("string", "google-duration"): "duration",
    ("string", "byte"): "bytes", ("string", "google-fieldmask"): "mask", ("any", None): "any",
    ("object", None): "any",
}
BEHAVIOURS = {"Output only": "output-only", "Required": "required", "Immutable": "immutable",
              "Input only": "input-only"}

MODELS = r"projects\.locations\.(models|operations|get$|list$)"
# The methods that are of interest here; the rest of a document is left out.
WANTED = {
    "aiplatform-v1": MODELS, "aiplatform-v1beta1": MODELS, "automl-v1": MODELS, "automl-v1beta1": MODELS,
    "ml-v1": r"projects\.(models|operations|locations\.(get|list|operations))",
}


class Method:
    def __init__(self, api, ident, verb, path, query, request, response, result, metadata):
        self.api, self.id, self.verb, self.path = api, ident, verb, path
        self.query, self.request, self.response = query, request, response
        self.result, self.metadata = result, metadata
        text = re.escape(path).replace(r"\{\}", "[^/]+")
        # The last segment of a name is no custom verb; ids have no colon.
        self.regex = re.compile("/" + re.sub(r"\[\^/\]\+(?=$|:)", "[^/:]+", text))

    def row(self):
        query = ",".join(f"{k}:{v}" for k, v in sorted(self.query.items()))
        return ["method", self.id, self.verb, self.path, query, self.request, self.response,
                self.result, self.metadata]


class Field:
    def __init__(self, name, kind, behaviour="", enum=()):
        self.name, self.type, self.behaviour, self.enum = name, kind, behaviour, tuple(enum)


class Api:
    """One version of one service."""

    def __init__(self, name):
        self.name = name  # "aiplatform-v1"
        self.methods = []
        self.schemas = {}  # name: {field name: Field}

    def write(self, out):
        for m in sorted(self.methods, key=lambda m: m.id):
            out.write("\t".join(c or "-" for c in m.row()) + "\n")
        for schema in sorted(self.schemas):
            if not self.schemas[schema]:
                out.write(f"field\t{schema}\t-\t-\t-\t-\n")
            for f in self.schemas[schema].values():
                out.write("\t".join(["field", schema, f.name, f.type, f.behaviour or "-",
                                     "|".join(f.enum) or "-"]) + "\n")


def load(path):
    api = Api(Path(path).stem)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            kind, *c = [x if x != "-" else "" for x in line.rstrip("\n").split("\t")]
            if kind == "method":
                query = dict(q.split(":") for q in c[3].split(",") if q)
                api.methods.append(Method(api, c[0], c[1], c[2], query, *c[4:8]))
            elif kind == "field":
                fields = api.schemas.setdefault(c[0], {})
                if c[1]:
                    fields[c[1]] = Field(c[1], c[2], c[3], c[4].split("|") if c[4] else ())
    return api


def load_all():
    return [load(p) for p in sorted(HERE.glob("*.tsv"))]


# ---- from a discovery document
def type_of(prop):
    """(type, enumerators)"""
    if prop.get("type") == "array":
        kind, enum = type_of(prop["items"])
        return "[]" + kind, enum
    if "additionalProperties" in prop:
        kind, enum = type_of(prop["additionalProperties"])
        return "{}" + kind, enum
    if "$ref" in prop:
        return "@" + prop["$ref"], ()
    if "enum" in prop:
        return "enum", prop["enum"]
    return TYPES[prop.get("type"), prop.get("format")], ()


def behaviour_of(prop):
    """The words before the prose, nothing of the prose."""
    said = set()
    rest = prop.get("description", "")
    while m := re.match(r"\s*(Output only|Required|Optional|Immutable|Input only|Identifier)\.", rest):
        said.add(BEHAVIOURS.get(m.group(1)))
        rest = rest[m.end():]
    if prop.get("readOnly"):
        said.add("output-only")
    return ",".join(sorted(said - {None}))


def methods_of(resource):
    yield from resource.get("methods", {}).values()
    for r in resource.get("resources", {}).values():
        yield from methods_of(r)


def from_document(path, name, lro=None):
    """`lro`: {method id: (type of the response, type of the metadata)}, where known."""
    with open(path, encoding="utf-8") as f:
        doc = json.load(f)
    api = Api(name)
    for m in methods_of(doc):
        flat = re.sub(r"\{[^}]*\}", "{}", m.get("flatPath", m["path"]))
        query = {}
        for key, p in m.get("parameters", {}).items():
            if p.get("location") == "query":
                query[key] = type_of(p)[0] if not p.get("repeated") else "[]" + type_of(p)[0]
        result, metadata = (lro or {}).get(m["id"], ("", ""))
        api.methods.append(Method(api, m["id"], m["httpMethod"], flat, query,
                                  m.get("request", {}).get("$ref", ""),
                                  m.get("response", {}).get("$ref", ""), result, metadata))
    for schema, body in doc["schemas"].items():
        api.schemas[schema] = {
            key: Field(key, *[type_of(p)[0], behaviour_of(p), type_of(p)[1]])
            for key, p in body.get("properties", {}).items()}
    return api


def keep(api, wanted):
    """Only the methods that `wanted` matches, and what they reach."""
    api.methods = [m for m in api.methods if re.search(wanted, m.id)]
    todo = [s for m in api.methods for s in (m.request, m.response) if s]
    todo += [schema_of(api, t) for m in api.methods for t in (m.result, m.metadata) if t]
    todo += [s for s in api.schemas if s.endswith("OperationMetadata") or s.endswith("Status")]
    seen = set()
    while todo:
        s = todo.pop()
        if s in seen or s not in api.schemas:
            continue
        seen.add(s)
        todo += [f.type.split("@")[1] for f in api.schemas[s].values() if "@" in f.type]
    api.schemas = {s: f for s, f in api.schemas.items() if s in seen}


# ---- @type and schema
PACKAGES = {
    "google.cloud.aiplatform.v1.": "GoogleCloudAiplatformV1",
    "google.cloud.aiplatform.v1beta1.": "GoogleCloudAiplatformV1beta1",
    "google.cloud.ml.v1.": "GoogleCloudMlV1__", "google.cloud.automl.v1.": "",
    "google.cloud.automl.v1beta1.": "", "google.cloud.location.": "GoogleCloudLocation",
}


def package_of(api):
    return {"aiplatform-v1": "google.cloud.aiplatform.v1.",
            "aiplatform-v1beta1": "google.cloud.aiplatform.v1beta1.",
            "ml-v1": "google.cloud.ml.v1.", "automl-v1": "google.cloud.automl.v1.",
            "automl-v1beta1": "google.cloud.automl.v1beta1."}.get(api.name)


def schema_of(api, type_name):
    """The schema that `google.cloud.….Message` has in this table; None: none."""
    package = package_of(api)
    if not package or not type_name.startswith(package):
        return None
    return PACKAGES[package] + type_name[len(package):]
