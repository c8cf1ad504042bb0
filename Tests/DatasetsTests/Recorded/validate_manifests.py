"""Validates manifests/*.yaml against manifests/schema.json with the Python package jsonschema, and shows that
broken manifests fail. Needs: pip install jsonschema pyyaml. Run from the package's folder; exit 0 when all is well.

The tests in SchemaTests.swift do the same with a small validator of their own; this is the second opinion.
"""
import copy
import importlib.metadata
import json
import pathlib
import sys

import jsonschema
import yaml

folder = pathlib.Path("manifests")
schema = json.loads((folder / "schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
failures = 0
manifests = sorted(p for p in folder.glob("*.yaml") if p.name != "structures.yaml")
for path in manifests:
    errors = list(validator.iter_errors(yaml.safe_load(path.read_text())))
    failures += len(errors)
    print(path.name, "valid" if not errors else [f"{list(e.absolute_path)}: {e.message}" for e in errors])

good = yaml.safe_load((folder / "amos22.yaml").read_text())
for name, change in {
    "no title": lambda m: m.pop("title"),
    "unknown key": lambda m: m.update(titel="x"),
    "value 0": lambda m: m["classes"][0].update(value=0),
    "unknown adapter": lambda m: m["layout"].update(adapter="amos"),
    "split outside": lambda m: m["splits"].update(paper="../x.json"),
    "two rules of modality": lambda m: m["modality"].update(constant="CT"),
    "no margin": lambda m: m["cropContext"].pop("z"),
}.items():
    bad = copy.deepcopy(good)
    change(bad)
    if validator.is_valid(bad):
        failures += 1
        print("not refused:", name)
print("jsonschema", importlib.metadata.version("jsonschema"), "manifests", len(manifests), "failures", failures)
sys.exit(1 if failures or not manifests else 0)
