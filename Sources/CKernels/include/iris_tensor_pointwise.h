#ifndef IRIS_TENSOR_POINTWISE_H
#define IRIS_TENSOR_POINTWISE_H

#include "iris_tensor_types.h"

// y = a + b; y may be a or b.
void iris_tensor_add(iris_tensor_element type, const void *a, const void *b, long count, void *y);
// y += factor * x.
void iris_tensor_add_scaled(float factor, const float *x, long count, float *y);
// y = factor * x; y may be x.
void iris_tensor_scale(float factor, const float *x, long count, float *y);
// float32 to bfloat16 and back.
void iris_tensor_to_bfloat16(const float *x, long count, void *y);
void iris_tensor_from_bfloat16(const void *x, long count, float *y);
// The sum of x, and of x squared, in double precision.
double iris_tensor_sum(const float *x, long count);
double iris_tensor_sum_of_squares(const float *x, long count);

#endif
