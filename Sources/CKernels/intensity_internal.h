// The variants of the intensity kernels; see iris_intensity.h for what they compute. Not part of the interface.
#ifndef IRIS_INTENSITY_INTERNAL_H
#define IRIS_INTENSITY_INTERNAL_H

#include "iris_intensity.h"

enum { BLUR_RADIUS_LIMIT = 64, BLUR_BLOCK = 8 };

// One-sided weights of a blur, for voxels 0, 1, ... radius away.
typedef struct blur_axis {
    int32_t radius;
    float weights[BLUR_RADIUS_LIMIT + 1];
} blur_axis;

typedef struct blur_job {
    float *x;
    const int32_t *shape;
    float multiply, add, keep, sigma;  // the weights of the k axis carry multiply * blend, add everything constant
    uint64_t key;
    blur_axis axes[3];
    float *ring, *plane, *row;  // ring: (2 radius + BLUR_BLOCK) planes; plane: one; row: one with its repeated ends
    size_t stride;              // floats between planes of the ring, a multiple of 16
} blur_job;

#define IRIS_INTENSITY_VARIANTS(suffix)                                                                                   \
    void iris_statistics_##suffix(const float *, size_t, iris_intensity_statistics *);                                    \
    void iris_pointwise_##suffix(float *, size_t, const iris_pointwise *, iris_intensity_statistics *);                   \
    void iris_gamma_##suffix(                                                                                             \
        float *, size_t, const iris_pointwise *, float, float, float, bool, iris_intensity_statistics *,                  \
        iris_intensity_statistics *);                                                                                     \
    void iris_bias_##suffix(float *, const int32_t[3], const iris_pointwise *, const double[20], float);                  \
    void iris_gaussian_##suffix(float *, size_t, const iris_pointwise *, float, uint64_t);                                \
    void iris_rician_##suffix(float *, size_t, const iris_pointwise *, float, float, uint64_t);                           \
    void iris_blur_##suffix(const blur_job *);                                                                            \
    void iris_low_resolution_##suffix(float *, const int32_t[3], const iris_pointwise *, const int32_t[3], void *);

IRIS_INTENSITY_VARIANTS(portable)
IRIS_INTENSITY_VARIANTS(avx2)
IRIS_INTENSITY_VARIANTS(avx512)

#endif
