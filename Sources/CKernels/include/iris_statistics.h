// Exact statistics of voxels in one or two passes. Every kernel takes an optional mask, one byte per voxel: voxels with 0
// there are left out. NULL takes them all.
#ifndef IRIS_STATISTICS_H
#define IRIS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

enum { IRIS_HISTOGRAM_BINS = 1 << 16 };

// counts[v + 32768] grows by the number of voxels with value v. `counts` has two tables of IRIS_HISTOGRAM_BINS, to be added
// up by the caller: equal neighbours then do not wait for one another. At most 2^32 - 1 voxels, all calls together.
void iris_histogram_int16(const int16_t *values, const uint8_t *mask, ptrdiff_t count, uint32_t *counts);

// The float whose place in the order of floats is `key`: keys order as unsigned integers as their floats do.
float iris_float_of_key(uint32_t key);

// counts[key >> 16] of the finite voxels; two tables as above.
void iris_histogram_float_high(const float *values, const uint8_t *mask, ptrdiff_t count, uint32_t *counts);

// counts[key & 65535] of the finite voxels with key >> 16 == prefix; one table.
void iris_histogram_float_low(const float *values, const uint8_t *mask, ptrdiff_t count, uint32_t prefix, uint32_t *counts);

typedef struct iris_moments_integer {
    uint64_t count, squares;
    int64_t sum;
    int16_t min, max;  // 32767 and -32768 when count is 0
} iris_moments_integer;

// Exact sums of all voxels.
iris_moments_integer iris_moments_int16(const int16_t *values, ptrdiff_t count);

typedef struct iris_moments_real {
    uint64_t count;       // finite voxels
    uint64_t non_finite;  // left out of everything else
    double sum, squares;  // of clamp(v, low, high) - shift
    float min, max;       // before clamping; +inf and -inf when count is 0
} iris_moments_real;

// Sums in double precision. A shift near the mean keeps the squares accurate.
iris_moments_real iris_moments_float(const float *values, const uint8_t *mask, ptrdiff_t count, float low, float high,
                                     float shift);

#endif
