#include "iris_resample.h"

#include <string.h>

#include "iris_instruction_set.h"

#define INLINE static inline __attribute__((always_inline))
// Small arrays of vectors live in registers only when the loops over them are unrolled.
#define UNROLL _Pragma("clang loop unroll(full)")
#define SAMPLE_SIZE(type) ((type) == IRIS_SAMPLE_FLOAT ? (ptrdiff_t)sizeof(float) : (ptrdiff_t)sizeof(int16_t))
#define SAMPLE(p, n, type) ((type) == IRIS_SAMPLE_FLOAT ? ((const float *)(p))[n] : (float)((const int16_t *)(p))[n])

// The pole of the cubic B-spline, sqrt(3) - 2.
#define POLE (-0.26794919243112270647f)

// Rows that the spline kernels take at a time, and the most that they add to their window in one turn: with 64 lines of
// floats the window then takes 21 KB of the first-level cache.
enum { STEP = 16, CHUNK = 64 };

// Rows after which the recursions have forgotten where they started.
enum { RUN_UP = STEP };

// Rows of a block that are asked for before they are needed: they lie too far apart for the processor to foresee.
enum { AHEAD = 8 };

// Bytes of a row of output that are asked for ahead of the place that is written.
enum { BYTES_AHEAD = 128 };

// What fits well in the second-level cache.
enum { GROUP_BYTES = 384 << 10 };

// The input rows that the kernels read for an axis: `count` entries of the table from `first` on.
static const int32_t *rows_read(const iris_resample_axis *axis, ptrdiff_t *count) {
    if (axis->interpolation == IRIS_PICK) {
        *count = axis->count;
        return axis->first;
    }
    const ptrdiff_t reach = axis->interpolation == IRIS_SPLINE ? RUN_UP : 0;
    *count = axis->first[axis->count - 1] - axis->first[0] + 2 + 2 * reach;
    return axis->source + (axis->first[0] - reach - axis->start);
}

// Blocks of lines read a few neighbouring elements of every row, an order in which the processor does not foresee what
// comes next. So the rows of several blocks are first run through in the order of memory, which brings them into the
// second-level cache at the full speed of memory. This many columns at a time fit there.
static ptrdiff_t columns_in_group(const iris_resample_axis *axis, ptrdiff_t size) {
    ptrdiff_t rows;
    rows_read(axis, &rows);
    const ptrdiff_t columns = GROUP_BYTES / (rows * size) / 256 * 256;
    return columns < 256 ? 256 : columns;
}

static void fetch_rows(const char *input, ptrdiff_t stride, ptrdiff_t bytes, const iris_resample_axis *axis) {
    ptrdiff_t count;
    const int32_t *rows = rows_read(axis, &count);
    for (ptrdiff_t r = 0; r < count; r++) {
        const volatile char *row = input + rows[r] * stride;
        for (ptrdiff_t n = 0; n < bytes; n += 64) (void)row[n];
    }
}

#if defined(__x86_64__)

#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)

// AVX-512 for its 32 registers, with vectors of 256 bits: where 512 bits go through the same units in two halves (Zen 4) they
// are no faster, and their stores and shuffles were measured to be slower.
#define NAME(x) x##_avx512
#define LANES 8
#define VECTORS 8
#define FUSED 1
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2"), min_vector_width(256))), apply_to = function)
#include "resample_kernels.h"
#pragma clang attribute pop
#undef NAME

#define NAME(x) x##_avx2
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
