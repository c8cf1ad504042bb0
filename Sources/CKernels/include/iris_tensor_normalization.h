#ifndef IRIS_TENSOR_NORMALIZATION_H
#define IRIS_TENSOR_NORMALIZATION_H

#include "iris_tensor_types.h"

// Instance normalisation, shortcut and LeakyReLU on channels-last activations: a run of voxels of one sample, each with
// `channels` values side by side. The caller splits a sample into runs, one per thread, and adds the sums in order.

// sums[c] += sum over voxels of (x - shift[c]); sums[channels + c] += sum of (x - shift[c])^2. A shift near the mean
// keeps the variance from cancelling.
void iris_tensor_norm_sums(iris_tensor_element type, const void *x, const float *shift, long voxels, long channels,
                           double *sums);

// y = leaky(a1[c] * x1 + b1[c] + shortcut), leaky(t) = t > 0 ? t : slope * t, where the shortcut is
// a2[c] * x2 + b2[c]; or x2 itself when a2 is NULL; or nothing when x2 is NULL too. 0 < slope <= 1.
void iris_tensor_norm_apply(iris_tensor_element type, const void *x1, const float *a1, const float *b1, const void *x2,
                            const float *a2, const float *b2, float slope, long voxels, long channels, void *y);

// With g = dy * (y > 0 ? 1 : slope): sums[c] += sum of g; sums[channels + c] += sum of g * (x1 - mean1[c]);
// and when mean2 is given sums[2 channels + c] += sum of g * (x2 - mean2[c]).
void iris_tensor_norm_gradient_sums(iris_tensor_element type, const void *dy, const void *y, float slope, const void *x1,
                                    const float *mean1, const void *x2, const float *mean2, long voxels, long channels,
                                    double *sums);

// dx1 = p1[c] * g + q1[c] * x1 + r1[c], and dx2 likewise with x2; dx2 = g when p2 is NULL; no dx2 when it is NULL.
void iris_tensor_norm_gradient_apply(iris_tensor_element type, const void *dy, const void *y, float slope, const void *x1,
                                     const float *p1, const float *q1, const float *r1, const void *x2, const float *p2,
                                     const float *q2, const float *r2, long voxels, long channels, void *dx1, void *dx2);

#endif
