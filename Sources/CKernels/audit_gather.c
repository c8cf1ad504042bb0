#include "iris_audit.h"

#include <math.h>

#define GATHER(TYPE)                                                                                                   \
    do {                                                                                                               \
        const TYPE *x = voxels;                                                                                        \
        for (int64_t s = 0; s < n; s++)                                                                                \
            values[s] = indices[s] >= 0 && indices[s] < count ? (float)x[indices[s]] : NAN;                            \
    } while (0)

void iris_gather(const void *voxels, iris_scalar type, int64_t count, const int64_t *indices, int64_t n, float *values) {
    switch (type) {
    case IRIS_UINT8: GATHER(uint8_t); break;
    case IRIS_INT8: GATHER(int8_t); break;
    case IRIS_UINT16: GATHER(uint16_t); break;
    case IRIS_INT16: GATHER(int16_t); break;
    case IRIS_UINT32: GATHER(uint32_t); break;
    case IRIS_INT32: GATHER(int32_t); break;
    case IRIS_UINT64: GATHER(uint64_t); break;
    case IRIS_INT64: GATHER(int64_t); break;
    case IRIS_FLOAT32: GATHER(float); break;
    case IRIS_FLOAT64: GATHER(double); break;
    }
}
