#include "include/iris_tensor_normalization.h"

#define IRIS_BODY "tensor_normalization_body.h"
#include "tensor_variants.h"

void iris_tensor_norm_sums(iris_tensor_element type, const void *x, const float *shift, long voxels, long channels,
                           double *sums) {
    DISPATCH(type, norm_sums, x, shift, voxels, channels, sums)
}

void iris_tensor_norm_apply(iris_tensor_element type, const void *x1, const float *a1, const float *b1, const void *x2,
                            const float *a2, const float *b2, float slope, long voxels, long channels, void *y) {
    DISPATCH(type, norm_apply, x1, a1, b1, x2, a2, b2, slope, voxels, channels, y)
}

void iris_tensor_norm_gradient_sums(iris_tensor_element type, const void *dy, const void *y, float slope, const void *x1,
                                    const float *mean1, const void *x2, const float *mean2, long voxels, long channels,
                                    double *sums) {
    DISPATCH(type, norm_gradient_sums, dy, y, slope, x1, mean1, x2, mean2, voxels, channels, sums)
}

void iris_tensor_norm_gradient_apply(iris_tensor_element type, const void *dy, const void *y, float slope, const void *x1,
                                     const float *p1, const float *q1, const float *r1, const void *x2, const float *p2,
                                     const float *q2, const float *r2, long voxels, long channels, void *dx1,
                                     void *dx2) {
    DISPATCH(type, norm_gradient_apply, dy, y, slope, x1, p1, q1, r1, x2, p2, q2, r2, voxels, channels, dx1, dx2)
}
