#include "iris_statistics.h"

#include <math.h>
#include <string.h>

#include "iris_instruction_set.h"

#define INLINE static inline __attribute__((always_inline))

void iris_histogram_int16(const int16_t *values, const uint8_t *mask, ptrdiff_t count, uint32_t *counts) {
    uint32_t *even = counts + 32768, *odd = even + IRIS_HISTOGRAM_BINS;
    ptrdiff_t n = 0;
    if (mask) {
        for (; n < count; n++) even[values[n]] += mask[n] != 0;
        return;
    }
    for (; n + 4 <= count; n += 4) {
        // One load of four voxels leaves the load units to the counters.
        uint64_t four;
        memcpy(&four, values + n, sizeof four);
        even[(int16_t)four]++;
        odd[(int16_t)(four >> 16)]++;
        even[(int16_t)(four >> 32)]++;
        odd[(int16_t)(four >> 48)]++;
    }
    for (; n < count; n++) even[values[n]]++;
}

INLINE uint32_t key_of_bits(uint32_t bits) { return bits ^ ((uint32_t)((int32_t)bits >> 31) | 0x80000000u); }

float iris_float_of_key(uint32_t key) {
    uint32_t bits = key & 0x80000000u ? key ^ 0x80000000u : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE uint32_t load_bits(const float *p) {
    uint32_t bits;
    memcpy(&bits, p, sizeof bits);
    return bits;
}

INLINE int bits_are_finite(uint32_t bits) { return (bits & 0x7f800000u) != 0x7f800000u; }

void iris_histogram_float_high(const float *values, const uint8_t *mask, ptrdiff_t count, uint32_t *counts) {
    for (ptrdiff_t n = 0; n < count; n++) {
        uint32_t bits = load_bits(values + n), *table = counts + (n & 1) * IRIS_HISTOGRAM_BINS;
        table[key_of_bits(bits) >> 16] += (uint32_t)(bits_are_finite(bits) && (!mask || mask[n]));
    }
}

void iris_histogram_float_low(const float *values, const uint8_t *mask, ptrdiff_t count, uint32_t prefix, uint32_t *counts) {
    for (ptrdiff_t n = 0; n < count; n++) {
        uint32_t bits = load_bits(values + n), key = key_of_bits(bits);
        if (key >> 16 == prefix && bits_are_finite(bits) && (!mask || mask[n])) counts[key & 0xffff]++;
    }
}

// Written for the compiler to vectorise: blocks are so short that a 32-bit sum cannot overflow.
INLINE iris_moments_integer moments_int16(const int16_t *values, ptrdiff_t count) {
    enum { BLOCK = 1 << 14 };
    iris_moments_integer total = {(uint64_t)count, 0, 0, INT16_MAX, INT16_MIN};
    for (ptrdiff_t start = 0; start < count; start += BLOCK) {
        const ptrdiff_t length = count - start < BLOCK ? count - start : BLOCK;
        const int16_t *block = values + start;
        int32_t sum = 0;
        uint64_t squares = 0;
        int16_t low = INT16_MAX, high = INT16_MIN;
        for (ptrdiff_t n = 0; n < length; n++) {
            const int16_t v = block[n];
            sum += v;
            squares += (uint32_t)(v * v);
            low = v < low ? v : low;
            high = v > high ? v : high;
        }
        total.sum += sum;
        total.squares += squares;
        total.min = low < total.min ? low : total.min;
        total.max = high > total.max ? high : total.max;
    }
    return total;
}

// Vectors of 8: one AVX-512 register of doubles. Only locals of the kernel have these types, so any set can hold them.
typedef float floats __attribute__((vector_size(32)));
typedef int32_t ints __attribute__((vector_size(32)));
typedef uint8_t bytes __attribute__((vector_size(8)));
typedef double doubles __attribute__((vector_size(64)));
#define SELECT(mask, a, b) ((floats)(((ints)(a) & (mask)) | ((ints)(b) & ~(mask))))

INLINE iris_moments_real moments_float(const float *values, const uint8_t *mask, ptrdiff_t count, float low, float high,
                                       float shift) {
    enum { LANES = 8, UNROLLED = 4, STEP = LANES * UNROLLED };
    const floats lows = low - (floats){0}, highs = high - (floats){0}, shifts = shift - (floats){0};
    const floats infinity = INFINITY - (floats){0};
    doubles sum[UNROLLED] = {0}, squares[UNROLLED] = {0};
    floats min[UNROLLED], max[UNROLLED];
    ints used[UNROLLED] = {0}, wanted[UNROLLED] = {0};
    for (int u = 0; u < UNROLLED; u++) {
        min[u] = infinity;
        max[u] = -infinity;
    }
    for (ptrdiff_t start = 0; start < count; start += STEP) {
        float padded[STEP] = {0};
        uint8_t padded_mask[STEP] = {0};
        const float *v = values + start;
        const uint8_t *m = mask ? mask + start : NULL;
        if (count - start < STEP) {
            const size_t length = (size_t)(count - start);
            memcpy(padded, v, length * sizeof(float));
            if (m)
                memcpy(padded_mask, m, length);
            else
                memset(padded_mask, 1, length);
            v = padded;
            m = padded_mask;
        }
        for (int u = 0; u < UNROLLED; u++) {
            floats x;
            memcpy(&x, v + u * LANES, sizeof x);
            ints use = ((ints)x & 0x7f800000) != 0x7f800000;
            if (m) {
                bytes b;
                memcpy(&b, m + u * LANES, sizeof b);
                const ints in_mask = __builtin_convertvector(b, ints) != 0;
                wanted[u] -= in_mask;
                use &= in_mask;
            } else {
                wanted[u] += 1;
            }
            used[u] -= use;
            const floats least = SELECT(use, x, infinity), most = SELECT(use, x, -infinity);
            min[u] = SELECT(least < min[u], least, min[u]);
            max[u] = SELECT(most > max[u], most, max[u]);
            floats y = SELECT(x < lows, lows, x);
            y = SELECT(y > highs, highs, y);
            // Voxels that do not count add shift - shift = 0.
            y = SELECT(use, y, shifts);
            const doubles d = __builtin_convertvector(y, doubles) - __builtin_convertvector(shifts, doubles);
            sum[u] += d;
            squares[u] += d * d;
        }
    }
    iris_moments_real total = {0, 0, 0, 0, INFINITY, -INFINITY};
    for (int u = 0; u < UNROLLED; u++) {
        for (int l = 0; l < LANES; l++) {
            total.sum += sum[u][l];
            total.squares += squares[u][l];
            total.min = min[u][l] < total.min ? min[u][l] : total.min;
            total.max = max[u][l] > total.max ? max[u][l] : total.max;
            total.count += (uint32_t)used[u][l];
            total.non_finite += (uint32_t)wanted[u][l] - (uint32_t)used[u][l];
        }
    }
    return total;
}

#if defined(__x86_64__)
#define VARIANTS(result, name, parameters, arguments)                                                                       \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2"), min_vector_width(512))) static result        \
        name##_avx512 parameters { return name arguments; }                                                                 \
    __attribute__((target("avx2,fma,bmi2"))) static result name##_avx2 parameters { return name arguments; }                \
    result iris_##name parameters {                                                                                         \
        switch (iris_instruction_set_in_use()) {                                                                            \
            case IRIS_AVX512: return name##_avx512 arguments;                                                               \
            case IRIS_AVX2: return name##_avx2 arguments;                                                                   \
            default: return name arguments;                                                                                 \
        }                                                                                                                   \
    }
#else
#define VARIANTS(result, name, parameters, arguments) \
    result iris_##name parameters { return name arguments; }
#endif

VARIANTS(iris_moments_integer, moments_int16, (const int16_t *values, ptrdiff_t count), (values, count))
VARIANTS(iris_moments_real, moments_float,
         (const float *values, const uint8_t *mask, ptrdiff_t count, float low, float high, float shift),
         (values, mask, count, low, high, shift))
