"""Records what SciPy's map_coordinates makes of three affine maps: python record_map_coordinates.py > map_coordinates.json

The volume follows from formulas that the test repeats: stored values ((7i + 13j + 29k + 3ij + 5jk) mod 4001) - 2500 and
labels (5 (i div 3) + 3 (j div 3) + (k div 3)) mod 7, on 20 x 18 x 16 voxels. order=1 for the image, clipped first, and
order=0 for the labels; mode "grid-constant" interpolates towards the constant outside.
"""
import json

import numpy as np
import scipy
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

size, patch, low, high = (20, 18, 16), (9, 8, 7), -2022, 960
i, j, k = np.meshgrid(*(np.arange(n) for n in size), indexing="ij")
image = ((7 * i + 13 * j + 29 * k + 3 * i * j + 5 * j * k) % 4001 - 2500).clip(low, high).astype(float)
label = (5 * (i // 3) + 3 * (j // 3) + k // 3) % 7
grid = np.stack(np.meshgrid(*(np.arange(n) for n in patch), indexing="ij")).reshape(3, -1)

cases = []
for angles, scale, shift in [
    ((0.5, -0.3, 0.7), (1.0, 1.0, 1.0), (0, 0, 0)),
    ((0.1, 0.2, -0.15), (1.3, 0.7, 1.1), (6.2, -7.1, 5.4)),
    ((0, 0, 0), (-1.2, 0.8, 1.05), (0.25, 3.5, -4.75)),
]:
    # Fixed axes, about i first: Rk Rj Ri, as the renderer's.
    matrix = Rotation.from_euler("xyz", angles).as_matrix() @ np.diag(scale)
    centre = (np.array(size) - 1) / 2 + shift
    origin = centre - matrix @ ((np.array(patch) - 1) / 2)
    places = matrix @ grid + origin[:, None]
    values = map_coordinates(image, places, order=1, mode="grid-constant", cval=low)
    labels = map_coordinates(label, places, order=0, mode="grid-constant", cval=0)
    order = np.arange(values.size).reshape(patch).transpose(2, 1, 0).ravel()  # i fastest
    cases.append({
        "rows": np.column_stack([matrix, origin]).tolist(),
        "image": np.round(values[order], 4).tolist(), "label": labels[order].tolist()})

print(json.dumps({"tool": f"scipy {scipy.__version__}", "shape": list(patch), "cases": cases}, separators=(",", ":")))
