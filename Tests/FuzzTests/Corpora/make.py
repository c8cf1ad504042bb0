"""Writes the inputs that the fuzzers begin with: `read-` those that must be read, the others must be refused.

Run it in this folder. Files named `found-` came from fuzzers and are kept as they are.
"""

import gzip
import json
import struct
from pathlib import Path

root = Path(__file__).parent


def put(target, name, data):
    (root / target).mkdir(exist_ok=True)
    (root / target / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def nifti(datatype=4, bits=16, dim=(3, 3, 2, 2, 1, 1, 1, 1), order="<", offset=352, extension=b"", slope=2.0):
    header = bytearray(348)
    struct.pack_into(order + "i", header, 0, 348)
    struct.pack_into(order + "8h", header, 40, *dim)
    struct.pack_into(order + "hh", header, 70, datatype, bits)
    struct.pack_into(order + "8f", header, 76, 1, 1.5, 2, 2.5, 1, 1, 1, 1)
    struct.pack_into(order + "3f", header, 108, offset, slope, -1.0)
    struct.pack_into(order + "2h", header, 252, 1, 2)
    struct.pack_into(order + "6f", header, 256, 0, 0, 0.6, 1, 2, 3)
    struct.pack_into(order + "12f", header, 280, 1.5, 0, 0, -7, 0, 2, 0, -8, 0, 0, 2.5, -9)
    header[344:348] = b"n+1\0"
    count = 1
    for size in dim[1:dim[0] + 1]:
        count *= max(1, size)
    return bytes(header) + (b"\1\0\0\0" + extension if extension else bytes(4)) + bytes(range(256))[:count * bits // 8]


put("nifti", "read-int16", nifti())
put("nifti", "read-big-endian", nifti(order=">"))
put("nifti", "read-float", nifti(datatype=16, bits=32))
put("nifti", "read-frames", nifti(datatype=2, bits=8, dim=(4, 3, 2, 2, 2, 1, 1, 1)))
put("nifti", "read-extension", nifti(offset=384, extension=struct.pack("<ii", 32, 6) + bytes(24)))
put("nifti", "overflow", nifti(dim=(7, 32767, 32767, 32767, 32767, 32767, 32767, 32767)))
put("nifti", "negative", nifti(dim=(3, -3, 2, 2, 1, 1, 1, 1)))
put("nifti", "offset", nifti(offset=1e9))
put("nifti", "short", nifti()[:-1])
put("gzip", "read-one", gzip.compress(nifti(), mtime=0))
put("gzip", "read-members", gzip.compress(nifti()[:350], mtime=0) + gzip.compress(nifti()[350:], mtime=0) + bytes(16))
put("gzip", "read-stored", gzip.compress(nifti(), 0, mtime=0))
put("gzip", "cut", gzip.compress(nifti(), mtime=0)[:-9])
put("gzip", "checksum", gzip.compress(nifti(), mtime=0)[:-8] + bytes(8))
put("gzip", "trailing", gzip.compress(nifti(), mtime=0) + b"more")

manifest = """\
name: toy
title: "A toy"
version: "1"
licence: "CC0-1.0"
citation: "None."
source: {homepage: "https://example.org", record: "one file", size: "1 MB", access: "free"}
layout: {adapter: lits, expected: "volume-0.nii with segmentation-0.nii"}
modality: {constant: CT}
intensity: {CT: HU}
cropContext: {x: 1, y: 1, z: 1}
classes:
  - {value: 1, name: liver, structure: liver}
  - {value: 2, name: tumour, structure: liver-tumour, mayBeAbsent: true}
labelGeometry: image
counts:
  - {split: train, modality: CT, cases: 2, labelled: 2}
splits: {paper: {train: [a], test: [b]}, official: splits/toy.json}
knownDefects:
  - {cases: [volume-1], code: identity-affine, note: "lost", remedy: "replaced"}
spacingCorrections:
  - {faulty: [1, 1, 1], reason: "known to be wrong", corrected: {volume-1: [1, 1, 1.7]}}
notes: ["none"]
"""
put("manifest", "read-toy", manifest)
put("manifest", "unknown-key", manifest + "extra: 1\n")
put("manifest", "outside", manifest.replace("splits/toy.json", "../../etc/passwd"))
put("manifest", "aliases", "a: &a [x]\n" + "b: [" + "*a, " * 40 + "]\n")

patch = {
    "flips": {"i": False, "j": False, "k": False}, "intensity": [],
    "labelSwaps": [], "map": [[1, 0, 0, 0], [0, 1, 0, 5], [0, 0, 1, 4]], "maskValues": [2],
    "padding": {"windowMinimum": {}}, "shape": [16, 16, 16], "source": {"dataset": "toy", "name": "a"},
}
plan = {
    "classes": [{"structure": "liver", "value": 2}], "configuration": "0" * 64, "dataset": "toy", "format": 1, "index": 0,
    "isNegative": False, "modality": "CT", "query": patch, "seed": 0, "store": "0" * 64,
    "references": [{
        "maskChanges": [{"keepAtLeast": 1, "kind": {"grow": {"radius": 1}}, "mask": 0}], "patch": patch, "subject": "b",
    }],
}
put("plan", "read-plain", json.dumps(plan))
put("plan", "format", json.dumps({**plan, "format": 2}))
put("plan", "huge", json.dumps({**plan, "query": {**patch, "shape": [1 << 20] * 3}}))
put("plan", "overflow", json.dumps({**plan, "query": {**patch, "shape": [1 << 40] * 3}}))
endless = {"keepAtLeast": 1, "kind": {"grow": {"radius": 1 << 60}}, "mask": 0}
put("plan", "endless", json.dumps({**plan, "references": [{"maskChanges": [endless], "patch": patch, "subject": "b"}]}))
put("plan", "deep", "[" * 5000)


def safetensors(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


put("safetensors", "read-two", safetensors({
    "__metadata__": {"k": "v"}, "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
    "b": {"dtype": "BF16", "shape": [], "data_offsets": [8, 10]},
}, bytes(10)))
put("safetensors", "read-empty", safetensors({}))
put("safetensors", "overlap", safetensors({
    "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
}, bytes(4)))
put("safetensors", "overflow", safetensors({"a": {"dtype": "F32", "shape": [1 << 62, 4], "data_offsets": [0, 0]}}))
put("safetensors", "length", struct.pack("<Q", 2**64 - 1) + b"{}")
put("safetensors", "deep", safetensors(b"[" * 5000))

token = {"configuration": "0" * 64, "format": 1, "next": 7, "rank": 1, "seed": 5, "store": "1" * 64, "world": 2}
put("token", "read-plain", json.dumps(token))
put("token", "read-last", json.dumps({**token, "next": 2**64 - 1}))
put("token", "negative", json.dumps({**token, "next": -1}))
put("token", "larger", json.dumps({**token, "seed": 2**64}))
put("token", "text", "next week")
