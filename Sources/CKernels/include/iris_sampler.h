#ifndef IRIS_SAMPLER_H
#define IRIS_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Samples a patch of an image and its label map in one pass over the source.
//
// Patch voxel (i, j, k) lies at the source place, in voxels,
//
//     p = origin + i step[0] + j step[1] + k step[2] + d(i, j, k)
//
// with d the elastic displacement, if any: a uniform cubic B-spline with control_points[a] values along axis a, voxel n
// of N at u = (n + 1/2) (control_points[a] - 3) / N, between the control points floor(u) + 1 and floor(u) + 2.
//
// The image is interpolated linearly between the 8 voxels around p, each clipped to [clip_lower, clip_upper] first, then
// taken to raw * scale + offset. The label is that of voxel floor(p + 1/2). Outside the source the image holds `pad` (raw)
// and the label is 0, so values next to the border run towards `pad`.
//
// Places are whole multiples of 2^-24 voxel and no step is fused or reordered, so every instruction set gives the same
// bits. Against exact arithmetic, positions are off by at most 1e-6 voxel and one interpolation weight is rounded to
// 2^-14, which makes at most 3.1e-5 of the difference between two neighbours.

typedef struct iris_patch_source {
    const int16_t *image;  // shape[0] * shape[1] * shape[2] voxels, i fastest; null to sample labels only
    const uint8_t *label;  // the same grid; null to sample the image only
    // Whether both lie in bricks (iris_bricks.h) instead, 64-byte aligned; then the labels' blocks, or null. No bit of the
    // patch depends on it.
    bool bricked;
    const uint8_t *label_blocks;
    int32_t shape[3];
    int16_t clip_lower, clip_upper, pad;  // raw values, pad within the clip window
    float scale, offset;                  // normalised = raw * scale + offset
} iris_patch_source;

typedef struct iris_patch_geometry {
    int32_t shape[3];
    double origin[3];
    double step[3][3];          // step[patch axis][source axis]
    const float *displacement;  // three control grids (along the source's i, j, k), i fastest; null for none
    int32_t control_points[3];  // 4 or more along each axis, where there is a displacement
} iris_patch_geometry;

// The displacement at any place of the patch, in double precision; the sampler's own differs by about 1e-5 voxel. Outside of
// the patch it is that of the nearest place on its edge. Reads only the geometry's shape, control points and displacement.
void iris_elastic_displacement(const iris_patch_geometry *geometry, const double place[3], double result[3]);

// The scratch memory, in bytes, that iris_sample_patch needs for this geometry. It must be 64-byte aligned.
size_t iris_sample_patch_workspace(const iris_patch_geometry *geometry);

// Writes the patch, i fastest. `image` and `label` may be null where the source's are. Reads nothing outside the source's
// arrays. `workspace` holds iris_sample_patch_workspace bytes; its content before and after means nothing.
void iris_sample_patch(
    const iris_patch_source *source, const iris_patch_geometry *geometry, float *image, uint8_t *label, void *workspace);

#endif
