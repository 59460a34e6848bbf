#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write api/SERVICE_schema.c from the discovery documents of v1 and v1beta1.

    tests/schema/extract.py V1.json V1BETA1.json > api/vertex_schema.c
    tests/schema/extract.py --service automl V1.json > api/automl_schema.c
    tests/schema/extract.py --service ml V1.json > api/ml_schema.c

Of automl's v1beta1 there is no document: its export is v1's plus gcrDestination.

Taken over are facts alone: names, types, enumerators, who may write.  What the
documents do not say in a form a program can read is in OVERLAY below.  The
result is checked in; the build does not run this.
"""
import argparse
import json
import re

ROOTS = {
    "vertex": ["Model", "UploadModelRequest", "MergeVersionAliasesRequest", "ExportModelRequest",
               "CopyModelRequest", "ModelEvaluation", "Operation"],
    "automl": ["Model", "DeployModelRequest", "UndeployModelRequest", "ExportModelRequest",
               "ModelEvaluation", "Operation", "WaitOperationRequest"],
    "ml": ["Model", "Version", "SetDefaultVersionRequest", "Operation", "OperationMetadata",
           "Location"],
}

# The documents sort fields by name; these are in the order of real answers.
ORDER_OF_ALL = {
    "Operation": ["name", "metadata", "done", "error", "response"],
    "Status": ["code", "message", "details"],
}
ORDER = {
    "vertex": {
        "Model": """name versionId versionAliases versionCreateTime versionUpdateTime displayName
            description versionDescription defaultCheckpointId predictSchemata metadataSchemaUri
            metadata supportedExportFormats trainingPipeline pipelineJob containerSpec artifactUri
            supportedDeploymentResourcesTypes supportedInputStorageFormats
            supportedOutputStorageFormats createTime updateTime deployedModels explanationSpec etag
            labels dataStats encryptionSpec modelSourceInfo originalModelInfo metadataArtifact
            baseModelSource satisfiesPzs satisfiesPzi checkpoints""".split(),
        "ModelExportFormat": ["id", "exportableContents"],
        "OutputConfig": ["exportFormatId", "artifactDestination", "imageDestination"],
        "UploadModelRequest": ["parentModel", "modelId", "model", "serviceAccount"],
    },
    "automl": {
        "Model": """name displayName datasetId createTime updateTime deploymentState etag
            labels""".split(),
        "ModelExportOutputConfig": ["modelFormat", "gcsDestination", "gcrDestination", "params"],
    },
    "ml": {
        "Model": """name description defaultVersion regions onlinePredictionLogging
            onlinePredictionConsoleLogging labels etag""".split(),
        "Version": """name description isDefault deploymentUri createTime lastUseTime
            runtimeVersion machineType state errorMessage packageUris labels etag framework
            pythonVersion acceleratorConfig serviceAccount requestLoggingConfig
            explanationConfig container routes autoScaling manualScaling predictionClass
            lastMigrationTime lastMigrationModelId""".split(),
        "AutoScaling": ["minNodes", "maxNodes", "metrics"],
        "OperationMetadata": """createTime startTime endTime isCancellationRequested
            operationType modelName version projectNumber labels""".split(),
        "Location": ["name", "capabilities"],
        "Capability": ["type", "availableAccelerators"],
    },
}

# Fields of a Model that belong to the model, where all others belong to a version.
MODEL_LEVEL = {
    "vertex": "name displayName description createTime updateTime etag labels encryptionSpec".split(),
}
# Neither output only nor to be set once: the masks of patch, and what has a
# method (versionAliases) or a meaning (etag) of its own.
NOT_IMMUTABLE = {
    "vertex": {"Model": "displayName description versionDescription labels versionAliases etag".split()},
    "automl": {"Model": "displayName labels etag".split()},
    "ml": {
        "Model": "description labels etag".split(),
        "Version": """description labels etag requestLoggingConfig autoScaling
            manualScaling""".split(),
        "AutoScaling": ["minNodes"],
        "ManualScaling": ["nodes"],
    },
}
OVERLAY = {
    "vertex": {
        ("Model", "displayName"): ["MODEL_MASK"],
        ("Model", "description"): ["MODEL_MASK", "MULTILINE"],
        ("Model", "versionDescription"): ["VERSION_MASK", "MULTILINE"],
        ("Model", "labels"): ["MODEL_MASK", "VERSION_MASK"],
    },
    "automl": {
        ("Model", "displayName"): ["MODEL_MASK"],
        ("Model", "labels"): ["MODEL_MASK"],
    },
    # A mask names autoScaling.minNodes and manualScaling.nodes, never more of them.
    "ml": {
        ("Model", "description"): ["MODEL_MASK", "MULTILINE"],
        ("Model", "labels"): ["MODEL_MASK"],
        ("Version", "description"): ["VERSION_MASK", "MULTILINE"],
        ("Version", "labels"): ["VERSION_MASK"],
        ("Version", "requestLoggingConfig"): ["VERSION_MASK"],
        ("Version", "autoScaling"): ["VERSION_MASK", "UNION_ARM"],
        ("Version", "manualScaling"): ["VERSION_MASK", "UNION_ARM"],
        ("AutoScaling", "minNodes"): ["VERSION_MASK"],
        ("ManualScaling", "nodes"): ["VERSION_MASK"],
    },
}
# What v1beta1 has over the only document there is.
BETA = {
    "automl": {
        "ModelExportOutputConfig": {"gcrDestination": {"$ref": "GcrDestination"}},
        "GcrDestination": {"outputUri": {"type": "string", "description": "Required. "}},
    },
}

FLAGS = ["REPEATED", "MAP", "REQUIRED", "OUTPUT_ONLY", "IMMUTABLE", "MODEL_MASK", "VERSION_MASK",
         "MULTILINE", "NOT_IN_BETA", "VERSION_LEVEL", "ONLY_IN_BETA", "UNION_ARM"]
TYPES = {
    ("string", None): "STRING", ("boolean", None): "BOOL", ("integer", "int32"): "INT32",
    ("string", "int64"): "INT64", ("string", "uint64"): "INT64", ("number", "float"): "FLOAT",
    ("number", "double"): "FLOAT", ("string", "google-datetime"): "TIMESTAMP",
    ("string", "google-duration"): "DURATION", ("string", "byte"): "BYTES",
    ("string", "google-fieldmask"): "MASK", ("any", None): "ANY", ("object", None): "ANY",
}


def short(name):
    return re.sub(r"^Google(CloudAiplatformV1(beta1)?|CloudMlV1|Longrunning|Rpc|Protobuf|Type)_*",
                  "", name)


def title(name):
    """The proto's own (inner) message name, where the document glued the outer one before it."""
    return "OutputConfig" if name == "ExportModelRequestOutputConfig" else name


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def load(path):
    with open(path, encoding="utf-8") as f:
        return {short(k): v.get("properties", {}) for k, v in json.load(f)["schemas"].items()}


def flags_of(service, message, name, prop, where):
    text = prop.get("description", "")
    head = re.match(r"((Required|Optional|Output only|Immutable|Identifier|Input only)\.\s*)*", text)
    flags = set(OVERLAY[service].get((message, name), []))
    # A request's own name stands in its path.
    if "Required." in head.group(0) and not (name == "name" and message.endswith("Request")):
        flags.add("REQUIRED")
    if prop.get("readOnly") or "Output only." in head.group(0):
        flags.add("OUTPUT_ONLY")
    if "Immutable." in head.group(0):
        flags.add("IMMUTABLE")
    if message == "Model" and name not in MODEL_LEVEL.get(service, [name]):
        flags.add("VERSION_LEVEL")
    if "OUTPUT_ONLY" not in flags and name not in NOT_IMMUTABLE[service].get(message, [name]):
        flags.add("IMMUTABLE")
    if where == ["v1"]:
        flags.add("NOT_IN_BETA")
    if where == ["v1beta1"]:
        flags.add("ONLY_IN_BETA")
    return flags


def fields_of(service, message, docs):
    """(name, type, flags, message or None, enumerators or None) in order."""
    props, where = {}, {}
    for version, doc in docs.items():
        for name, prop in doc.get(message, {}).items():
            props.setdefault(name, prop)
            where.setdefault(name, []).append(version)
            both = prop.get("items", prop).get("enum", [])
            known = props[name].get("items", props[name]).setdefault("enum", []) if both else []
            known.extend(e for e in both if e not in known)
    order = (ORDER_OF_ALL | ORDER[service]).get(title(message), [])
    assert set(order) <= set(props) or not order, (message, set(order) - set(props))
    present = {v for v, d in docs.items() if message in d}
    for name in order + sorted(set(props) - set(order)):
        prop = props[name]
        flags = flags_of(service, message, name, prop, where[name] if len(present) == 2 else [])
        inner = prop
        if prop.get("type") == "array":
            flags.add("REPEATED")
            inner = prop["items"]
        elif "additionalProperties" in prop:
            flags.add("MAP")
            inner = prop["additionalProperties"]
        if "$ref" in inner:
            yield name, "MESSAGE", flags, short(inner["$ref"]), None
        elif "enum" in inner:
            yield name, "ENUM", flags, None, inner["enum"]
        else:
            yield name, TYPES[inner.get("type"), inner.get("format")], flags, None, None


def read(service, paths):
    """The messages of each version: {"v1": {message: properties}}."""
    docs = {v: load(p) for v, p in zip(["v1", "v1beta1"], paths)}
    if service in BETA:
        docs["v1beta1"] = {k: dict(v) for k, v in docs["v1"].items()}
        for name, props in BETA[service].items():
            docs["v1beta1"].setdefault(name, {}).update(props)
    return docs


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--service", choices=sorted(ROOTS), default="vertex")
    args.add_argument("documents", nargs="+")
    args = args.parse_args()
    service, roots = args.service, ROOTS[args.service]
    docs = read(service, args.documents)
    messages, todo = {}, list(roots)
    while todo:
        name = todo.pop(0)
        if name not in messages:
            messages[name] = list(fields_of(service, name, docs))
            todo += [m for _, _, _, m, _ in messages[name] if m]
    symbol = {m: (f"{service}_" if m in roots else "m_") + snake(m) for m in messages}

    out = ["/* SPDX-License-Identifier: MIT */",
           "/* Written by tests/schema/extract.py from Google's discovery documents; not by hand. */",
           f'#include "api/{service}.h"', "", "/* clang-format off */"]
    for m in messages:
        if m not in roots:
            out.append(f"static const struct message {symbol[m]};")
    out.append("")
    for m, fields in messages.items():
        for name, _, _, _, enum in fields:
            if enum:
                out.append(f"static const char *const e_{snake(m)}_{snake(name)}[] = {{")
                out += [f'\t"{e}",' for e in enum] + ["\tNULL,", "};"]
        if fields:
            out.append(f"static const struct field f_{snake(m)}[] = {{")
        for name, kind, flags, message, enum in fields:
            bits = " | ".join("FIELD_" + f for f in FLAGS if f in flags) or "0"
            ref = f"&{symbol[message]}" if message else "NULL"
            names = f"e_{snake(m)}_{snake(name)}" if enum else "NULL"
            out.append(f'\t{{"{name}", FIELD_{kind}, {bits}, {ref}, {names}}},')
        if fields:
            out.append("};")
        static = "" if m in roots else "static "
        array = f"f_{snake(m)}, ARRAY_SIZE(f_{snake(m)})" if fields else "NULL, 0"
        out.append(f'{static}const struct message {symbol[m]} = {{"{title(m)}", {array}}};')
        out.append("")
    print("\n".join(out[:-1]))


if __name__ == "__main__":
    main()
