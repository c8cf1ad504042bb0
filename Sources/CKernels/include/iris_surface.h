#ifndef IRIS_SURFACE_H
#define IRIS_SURFACE_H

#include <stdint.h>

// Overlap and surface distances of two label maps on one grid. Axes x, y, z are the array axes i, j, k; x runs fastest.

// How often one label value occurs in each of two maps, and the box that holds it in either.
typedef struct iris_label_counts {
    int64_t reference, prediction, both;
    int32_t lower[3], upper[3];  // voxels lower <= p < upper; lower >= upper when the label occurs nowhere
} iris_label_counts;

// Fills counts[0..255] from two maps of shape[0] * shape[1] * shape[2] labels, in one pass over both.
// counts[0] holds no box.
void iris_label_overlap(const uint8_t *reference, const uint8_t *prediction, const int64_t shape[3],
                        iris_label_counts counts[256]);

// A point of a surface within a box: for surfels the voxel corner below (x, y, z) and the code of its 2x2x2
// neighbourhood, for border voxels the voxel itself with code 0.
typedef struct iris_surface_point {
    uint16_t x, y, z;
    uint8_t code, unused;
} iris_surface_point;

// The mask `labels == value` within a box as bit rows: bit x of row (y, z) starts at bits[(y + ny * z) * words], where
// (nx, ny, nz) is the box's size. words must be at least nx / 64 + 1, so that every row ends in a zero bit.
void iris_mask_bits(const uint8_t *labels, const int64_t shape[3], uint8_t value, const int32_t lower[3],
                    const int32_t size[3], int64_t words, uint64_t *bits);

// The surfels of a mask given as bit rows: voxel corners whose 2x2x2 neighbourhood is neither empty nor full, outside
// the box counting as empty. Corner (x, y, z) touches voxels x-1..x, y-1..y, z-1..z, so corners range over size + 1.
// Bit a + 2b + 4c of the code is set when voxel (x-1+a, y-1+b, z-1+c) is in the mask.
// Returns their number; writes at most `capacity` points.
int64_t iris_surfels(const uint64_t *bits, const int32_t size[3], int64_t words, iris_surface_point *points,
                     int64_t capacity);

// The border voxels of a mask: those with at least one of the six face neighbours outside the mask (or the box).
int64_t iris_border_voxels(const uint64_t *bits, const int32_t size[3], int64_t words, iris_surface_point *points,
                           int64_t capacity);

// For every place of a box of `size`, the number of steps along y to the nearest of `points`; 65535 where the column
// has none. Rows are `stride` long, a multiple of 16 and at least size[0]; the rest of each row is filled with 65535.
void iris_column_distances(const iris_surface_point *points, int64_t count, const int32_t size[3], int64_t stride,
                           uint16_t *columns);

// distances[n]: the Euclidean distance in mm from points[n] to the nearest of the points that `columns` was made of,
// as sqrt((dx*sx)^2 + (dy*sy)^2 + (dz*sz)^2) in double, rounded in this order; infinity when there are none.
//
// Each point searches outwards over z and x while the axis distance alone is below the best; when such searches grow
// longer than a full distance transform would take, the remaining points are answered from one (lower envelopes of
// parabolas over z, then x). `scratch` holds iris_point_distances_scratch(size) bytes.
void iris_point_distances(const iris_surface_point *points, int64_t count, const uint16_t *columns,
                          const int32_t size[3], int64_t stride, const double spacing[3], void *scratch,
                          double *distances);

int64_t iris_point_distances_scratch(const int32_t size[3], int64_t count);

// order[0..count) becomes the permutation that sorts non-negative values ascending by their float32 value; equal ones
// keep their order. `scratch` holds 3 * count 32-bit words.
void iris_sort_order(const double *values, int64_t count, uint32_t *order, uint32_t *scratch);

#endif
