#include "iris_resample.h"

#include <string.h>

#include "iris_instruction_set.h"

#define INLINE static inline __attribute__((always_inline))
#define SAMPLE_SIZE(type) ((type) == IRIS_SAMPLE_FLOAT ? (ptrdiff_t)sizeof(float) : (ptrdiff_t)sizeof(int16_t))
#define SAMPLE(p, n, type) ((type) == IRIS_SAMPLE_FLOAT ? ((const float *)(p))[n] : (float)((const int16_t *)(p))[n])

// The pole of the cubic B-spline, sqrt(3) - 2.
#define POLE (-0.26794919243112270647f)

// Rows that the spline kernels take at a time, and the most that they add to their window in one turn: with 64 lines of
// floats the window then takes 25 KB of the first-level cache.
enum { STEP = 16, CHUNK = 80 };

#if defined(__x86_64__)

#define NAME(x) x##_avx512
#define LANES 16
#define VECTORS 4
#define FUSED 1
#define INTERLEAVE_LOW(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define INTERLEAVE_HIGH(a, b) \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2"), min_vector_width(512))), apply_to = function)
#include "resample_kernels.h"
#pragma clang attribute pop
#undef NAME
#undef LANES
#undef VECTORS
#undef FUSED
#undef INTERLEAVE_LOW
#undef INTERLEAVE_HIGH

#define NAME(x) x##_avx2
#define LANES 8
#define VECTORS 8
#define FUSED 1
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"))), apply_to = function)
#include "resample_kernels.h"
#pragma clang attribute pop
#undef NAME
#undef LANES
#undef VECTORS
#undef FUSED
#undef INTERLEAVE_LOW
#undef INTERLEAVE_HIGH

#endif

#define NAME(x) x##_portable
#define LANES 4
#define VECTORS 8
#define FUSED 0
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#include "resample_kernels.h"
#undef NAME
#undef LANES
#undef VECTORS
#undef FUSED
#undef INTERLEAVE_LOW
#undef INTERLEAVE_HIGH

#if defined(__x86_64__)
#define DISPATCH(kernel, ...)                                          \
    switch (iris_instruction_set_in_use()) {                           \
        case IRIS_AVX512: kernel##_avx512(__VA_ARGS__); break;         \
        case IRIS_AVX2: kernel##_avx2(__VA_ARGS__); break;             \
        default: kernel##_portable(__VA_ARGS__); break;                \
    }
#else
#define DISPATCH(kernel, ...) kernel##_portable(__VA_ARGS__);
#endif

void iris_resample_columns(const void *input, iris_sample_type input_type, ptrdiff_t input_stride, ptrdiff_t columns,
                           const iris_resample_axis *axis, void *output, iris_sample_type output_type,
                           ptrdiff_t output_stride, const iris_quantisation *quantisation) {
    if (axis->count == 0) return;
    DISPATCH(columns, input, input_type, input_stride, columns, axis, output, output_type, output_stride, quantisation)
}

void iris_resample_rows(const void *input, iris_sample_type input_type, ptrdiff_t input_stride, ptrdiff_t rows,
                        const iris_resample_axis *axis, void *output, iris_sample_type output_type,
                        ptrdiff_t output_stride, const iris_quantisation *quantisation) {
    if (axis->count == 0) return;
    DISPATCH(rows, input, input_type, input_stride, rows, axis, output, output_type, output_stride, quantisation)
}

void iris_quantise(const float *input, ptrdiff_t count, const iris_quantisation *quantisation, int16_t *output) {
    DISPATCH(quantise, input, count, quantisation, output)
}

void iris_pick_labels(const uint8_t *input, const int32_t *index, ptrdiff_t count, uint8_t *output) {
    for (ptrdiff_t o = 0; o < count; o++) output[o] = input[index[o]];
}
