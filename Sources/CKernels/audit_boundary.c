#include <math.h>

#include "iris_audit.h"

static float clipped(float v, float low, float high) { return v < low ? low : v > high ? high : v; }

#define CONTRAST(TYPE)                                                                                                 \
    do {                                                                                                               \
        const TYPE *x = voxels;                                                                                        \
        for (int64_t n = 0; n < count; n += step) {                                                                    \
            int64_t p[3] = {places[n].i, places[n].j, places[n].k};                                                    \
            int64_t axis = places[n].axis, sign = places[n].sign;                                                      \
            for (int a = 0; a < 3; a++) p[a] = (mirrored >> a & 1 ? shape[a] - 1 - p[a] : p[a]) + shift[a];            \
            if (mirrored >> axis & 1) sign = -sign;                                                                    \
            if ((uint64_t)p[0] >= (uint64_t)shape[0] || (uint64_t)p[1] >= (uint64_t)shape[1] ||                        \
                (uint64_t)p[2] >= (uint64_t)shape[2] || p[axis] < 2 || p[axis] >= shape[axis] - 2)                     \
                continue;                                                                                              \
            int64_t at = p[0] + shape[0] * (p[1] + shape[1] * p[2]), out = 2 * sign * strides[axis];                   \
            float outside = (float)x[at + out], edge = (float)x[at], inside = (float)x[at - out];                      \
            if (!isfinite(outside) || !isfinite(edge) || !isfinite(inside)) continue;                                  \
            edge = clipped(edge, low, high);                                                                           \
            sums.across += fabsf(clipped(outside, low, high) - edge);                                                  \
            sums.within += fabsf(clipped(inside, low, high) - edge);                                                   \
            sums.places++;                                                                                             \
        }                                                                                                              \
    } while (0)

iris_boundary_sums iris_boundary_contrast(const void *voxels, iris_scalar type, const int64_t shape[3],
                                          const iris_boundary_place *places, int64_t count, int64_t step, int mirrored,
                                          const int64_t shift[3], float low, float high) {
    const int64_t strides[3] = {1, shape[0], shape[0] * shape[1]};
    iris_boundary_sums sums = {0, 0, 0};
    switch (type) {
    case IRIS_UINT8: CONTRAST(uint8_t); break;
    case IRIS_INT8: CONTRAST(int8_t); break;
    case IRIS_UINT16: CONTRAST(uint16_t); break;
    case IRIS_INT16: CONTRAST(int16_t); break;
    case IRIS_UINT32: CONTRAST(uint32_t); break;
    case IRIS_INT32: CONTRAST(int32_t); break;
    case IRIS_UINT64: CONTRAST(uint64_t); break;
    case IRIS_INT64: CONTRAST(int64_t); break;
    case IRIS_FLOAT32: CONTRAST(float); break;
    case IRIS_FLOAT64: CONTRAST(double); break;
    }
    return sums;
}
