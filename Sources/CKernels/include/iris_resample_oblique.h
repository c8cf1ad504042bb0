// Resampling onto a grid that is turned against the source, where no axis can be treated by itself.
#ifndef IRIS_RESAMPLE_OBLIQUE_H
#define IRIS_RESAMPLE_OBLIQUE_H

#include <stddef.h>
#include <stdint.h>

#include "iris_resample.h"

// Where the output voxels (i, j, k) lie in source voxels: row r of the place is
// matrix[r][0] i + matrix[r][1] j + matrix[r][2] k + matrix[r][3].
typedef struct iris_oblique_map {
    ptrdiff_t source[3], output[3];  // sizes along i, j, k
    double matrix[3][4];
} iris_oblique_map;

// Turns samples, in place, into the cubic B-spline coefficients that iris_resample_oblique reads: the recursions of
// iris_resample.h along every axis, lines mirrored about their first and last samples.
void iris_spline_coefficients(float *samples, const ptrdiff_t size[3]);

// One float for every output voxel. Places half a voxel or more outside of the source's outermost centres get `outside`.
// IRIS_PICK takes the nearest sample (of two equally near the one with the higher index), IRIS_LINEAR holds the outermost
// samples constant, IRIS_SPLINE reads coefficients and mirrors them. The output must not overlap the source.
void iris_resample_oblique(const float *source, const iris_oblique_map *map, iris_interpolation interpolation, float outside,
                           float *output);

// The label of the nearest voxel; 0 where a float would be `outside`.
void iris_pick_labels_oblique(const uint8_t *source, const iris_oblique_map *map, uint8_t *output);

#endif
