#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write tests/schema/*.tsv from Google's discovery documents.

    tests/schema/extract-facts.py REFERENCE

REFERENCE holds aiplatform-v1-models.json, aiplatform-v1beta1-models.json,
ml-v1.json, automl-v1.json and methods.tsv, which knows what discovery documents
do not tell: the types of an operation's response and metadata.  Facts alone are
taken over, no prose.  The tables are checked in; nothing else runs this.

cloudresourcemanager-v3.tsv and storage-v1.tsv are kept by hand: a few lines
each, of the methods that modelfs calls.
"""
import csv
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import facts  # noqa: E402
from facts import Field, Method  # noqa: E402

SOURCES = {
    "aiplatform-v1": "aiplatform-v1-models.json", "aiplatform-v1beta1": "aiplatform-v1beta1-models.json",
    "ml-v1": "ml-v1.json", "automl-v1": "automl-v1.json",
}


def operations(path):
    """{method id: (response, metadata)} without `type.googleapis.com/`."""
    known = {}

    def name(cell):
        cell = cell.split(" ")[0].removeprefix("type.googleapis.com/")
        return "" if cell in ("-", "") else cell

    with open(path, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            known[row["api"], row["method_id"]] = (name(row["lro_response_type"]), name(row["lro_metadata_type"]))
    return known


def locations(api):
    """automl_v1.yaml has the common Locations service; the document lacks it."""
    api.schemas["GoogleCloudLocationLocation"] = {
        f.name: f for f in [
            Field("name", "string"), Field("locationId", "string"), Field("displayName", "string"),
            Field("labels", "{}string"), Field("metadata", "{}any")]}
    api.schemas["GoogleCloudLocationListLocationsResponse"] = {
        "locations": Field("locations", "[]@GoogleCloudLocationLocation"),
        "nextPageToken": Field("nextPageToken", "string")}
    version = api.name.split("-")[1]
    api.methods += [
        Method(api, "automl.projects.locations.list", "GET", f"{version}/projects/{{}}/locations",
               {"filter": "string", "pageSize": "int32", "pageToken": "string"}, "",
               "GoogleCloudLocationListLocationsResponse", "", ""),
        Method(api, "automl.projects.locations.get", "GET", f"{version}/projects/{{}}/locations/{{}}", {}, "",
               "GoogleCloudLocationLocation", "", "")]


def container_export(api):
    """automl v1beta1 is v1 but for what follows (its export of containers)."""
    for m in api.methods:
        m.path = m.path.replace("v1/", "v1beta1/", 1)
        m.result = m.result.replace(".v1.", ".v1beta1.")
        m.metadata = m.metadata.replace(".v1.", ".v1beta1.")
    api.schemas["ModelExportOutputConfig"]["gcrDestination"] = Field("gcrDestination", "@GcrDestination")
    api.schemas["GcrDestination"] = {"outputUri": Field("outputUri", "string", "required")}
    # Of v1 alone.
    api.methods = [m for m in api.methods if not m.id.endswith("models.patch")]


def main():
    reference = Path(sys.argv[1])
    known = operations(reference / "methods.tsv")
    for name, source in [*SOURCES.items(), ("automl-v1beta1", SOURCES["automl-v1"])]:
        base = name.replace("v1beta1", "v1") if name.startswith("automl") else name
        lro = {i: t for (a, i), t in known.items() if a.replace(".", "-") == base}
        api = facts.from_document(reference / source, base, lro)
        facts.keep(api, facts.WANTED[base])
        api.name = name
        if name == "automl-v1beta1":
            container_export(api)
        if name.startswith("automl"):
            locations(api)
        with open(facts.HERE / f"{name}.tsv", "w", encoding="utf-8") as out:
            api.write(out)


if __name__ == "__main__":
    main()
