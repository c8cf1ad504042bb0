"""Records in nibabel.json what nibabel makes of affines and of stored numbers. Needs nibabel and NumPy."""
import json
import pathlib

import nibabel
import numpy

rng = numpy.random.default_rng(20250)
headers = []
for case in range(12):
    axes = numpy.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.uniform(0.5, 4, size=3)
    if case >= 8:  # sheared: the qform can hold the nearest rotation only
        axes = axes @ (numpy.eye(3) + numpy.triu(rng.uniform(-0.2, 0.2, size=(3, 3)), 1))
    affine = numpy.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = rng.uniform(-200, 200, size=3)
    header = nibabel.Nifti1Header()
    header.set_data_shape((4, 3, 2))
    header.set_qform(affine, code=1, strip_shears=True)
    header.set_sform(affine, code=1)
    headers.append({
        "affine": affine.tolist(),
        "sform": header.get_sform().tolist(),
        "qform": header.get_qform().astype(float).tolist(),
        "quaternion": [float(part) for part in header.get_qform_quaternion()[1:]],
        "pixdim": header["pixdim"][:4].tolist(),
        "orientation": "".join(nibabel.aff2axcodes(affine)),
    })

orientations = []
while len(orientations) < 40:  # the hard ones: no array axis follows a world axis closely
    axes = numpy.linalg.qr(rng.normal(size=(3, 3)))[0]
    if sorted(abs(axes).max(axis=0))[0] < 0.65:
        affine = numpy.eye(4)
        affine[:3, :3] = axes
        orientations.append({"affine": affine.tolist(), "codes": "".join(nibabel.aff2axcodes(affine))})

scaled = []
for name in ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]:
    for slope, intercept in [(0, 5), (1, 0), (1, -1024), (0.1, 0), (2.5, -3.75), (-1e-3, 1e5)]:
        if name.startswith("float"):
            stored = rng.normal(0, 1000, size=8).astype(name)
        else:
            limits = numpy.iinfo(name)
            stored = rng.integers(limits.min, limits.max, size=8, dtype=name, endpoint=True)
        image = nibabel.Nifti1Image(stored.reshape(2, 2, 2, order="F"), numpy.eye(4), dtype=name)
        raw = image.to_bytes()
        header = nibabel.Nifti1Header(raw[:348])
        header["scl_slope"], header["scl_inter"] = slope, intercept
        raw = header.binaryblock + raw[348:]
        values = nibabel.Nifti1Image.from_bytes(raw).get_fdata().ravel(order="F")
        scaled.append({"file": raw.hex(), "values": [float(v).hex() for v in values]})

path = pathlib.Path(__file__).with_name("nibabel.json")
path.write_text(json.dumps({"nibabel": nibabel.__version__, "headers": headers, "orientations": orientations, "scaled": scaled}, indent=0))
