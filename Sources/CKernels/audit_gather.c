#include "iris_audit.h"

#include <math.h>
#include <string.h>

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

// A float's bits as a number that is ordered as the float is, and back.
static uint32_t ordered(uint32_t bits) { return bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u); }
static uint32_t unordered(uint32_t key) { return key ^ (key >> 31 ? 0x80000000u : 0xffffffffu); }

void iris_sort_values(float *values, int64_t n, float *scratch) {
    // Eleven bits at a time, the lowest first; counts of all three digits are taken in one pass.
    enum { DIGITS = 3, BITS = 11, BUCKETS = 1 << BITS };
    uint32_t counts[DIGITS][BUCKETS];
    memset(counts, 0, sizeof counts);
    float *from = values, *to = scratch;
    for (int64_t i = 0; i < n; i++) {
        uint32_t key;
        memcpy(&key, values + i, sizeof key);
        key = ordered(key);
        memcpy(values + i, &key, sizeof key);
        for (int d = 0; d < DIGITS; d++) counts[d][key >> d * BITS & (BUCKETS - 1)]++;
    }
    for (int d = 0; d < DIGITS; d++) {
        uint32_t sum = 0;
        for (int b = 0; b < BUCKETS; b++) {
            uint32_t count = counts[d][b];
            counts[d][b] = sum;
            sum += count;
        }
        for (int64_t i = 0; i < n; i++) {
            uint32_t key;
            memcpy(&key, from + i, sizeof key);
            memcpy(to + counts[d][key >> d * BITS & (BUCKETS - 1)]++, &key, sizeof key);
        }
        float *swap = from;
        from = to;
        to = swap;
    }
    for (int64_t i = 0; i < n; i++) {
        uint32_t key;
        memcpy(&key, from + i, sizeof key);
        key = unordered(key);
        memcpy(values + i, &key, sizeof key);
    }
}
