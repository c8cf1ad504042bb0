#ifndef IRIS_TENSOR_RESAMPLING_H
#define IRIS_TENSOR_RESAMPLING_H

#include "iris_tensor_types.h"

// Trilinear upsampling by 2 without aligned corners, channels last. Along an axis of n voxels
// y[2i] = x[i-1] / 4 + 3 x[i] / 4 and y[2i+1] = 3 x[i] / 4 + x[i+1] / 4, indices kept in 0..n-1.

// The output rows rows.first..<rows.end of one sample, counted over (2 depth) x (2 height); a row has 2 width voxels
// of `stride` elements, of which the first `channels` are written. `scratch` holds width * channels floats.
void iris_tensor_upsample(iris_tensor_element type, const void *x, long depth, long height, long width, long channels,
                          long first_row, long end_row, long stride, void *y, float *scratch);

// The adjoint: input rows first_row..<end_row (over depth x height) of dx from dy laid out as y above. `scratch` holds
// 2 * width * channels floats.
void iris_tensor_upsample_adjoint(iris_tensor_element type, const void *dy, long depth, long height, long width,
                                  long channels, long stride, long first_row, long end_row, void *dx, float *scratch);

// Copies `count` runs of `length` elements, from runs `from_stride` apart to runs `to_stride` apart.
void iris_tensor_copy_runs(iris_tensor_element type, const void *from, long from_stride, void *to, long to_stride,
                           long length, long count);

// The adjoint of upsampling a grid by whole factors, for one plane of low-resolution depth index `plane`: table[y][x]
// = sum over fine voxels of mask * weight, the weight with which linear interpolation (no aligned corners, indices
// kept inside) spreads coarse voxel (plane, y, x) to that fine voxel. mask is depth x height x width, the table
// (height / factor_y) x (width / factor_x). `scratch` holds (height / factor_y) * width floats.
void iris_tensor_mask_adjoint(const float *mask, long depth, long height, long width, long factor_z, long factor_y,
                              long factor_x, long plane, float *table, float *scratch);

// Means over blocks of factor_z x factor_y x factor_x voxels, for one plane of low-resolution depth index `plane`.
// `scratch` holds `width` floats.
void iris_tensor_block_means(const float *x, long depth, long height, long width, long factor_z, long factor_y,
                             long factor_x, long plane, float *means, float *scratch);

#endif
