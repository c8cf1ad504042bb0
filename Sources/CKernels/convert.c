#include "iris_convert.h"

#include "iris_instruction_set.h"

#define VARIANT(NAME) NAME##_portable
#include "convert_body.h"
#undef VARIANT

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,bmi2"))), apply_to = function)
#define VARIANT(NAME) NAME##_avx2
#include "convert_body.h"
#undef VARIANT
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi2"), min_vector_width(512))), apply_to = function)
#define VARIANT(NAME) NAME##_avx512
#include "convert_body.h"
#undef VARIANT
#pragma clang attribute pop

#define DISPATCH(NAME, ...)                                          \
    switch (iris_instruction_set_in_use()) {                         \
        case IRIS_AVX512: return NAME##_avx512(__VA_ARGS__);         \
        case IRIS_AVX2: return NAME##_avx2(__VA_ARGS__);             \
        case IRIS_PORTABLE: break;                                   \
    }                                                                \
    return NAME##_portable(__VA_ARGS__)
#else
#define DISPATCH(NAME, ...) return NAME##_portable(__VA_ARGS__)
#endif

void iris_values_as_double(iris_scalar type, const void *source, double *destination, size_t n, double slope,
                           double intercept) {
    DISPATCH(values_as_double, type, source, 0, destination, n, slope, intercept);
}

void iris_values_as_float(iris_scalar type, const void *source, float *destination, size_t n, double slope,
                          double intercept) {
    DISPATCH(values_as_float, type, source, destination, n, slope, intercept);
}

size_t iris_values_as_uint8(iris_scalar type, const void *source, uint8_t *destination, size_t n, double slope,
                            double intercept, double tolerance) {
    DISPATCH(values_as_uint8, type, source, destination, n, slope, intercept, tolerance);
}

size_t iris_values_as_int16(iris_scalar type, const void *source, int16_t *destination, size_t n, double slope,
                            double intercept, double tolerance) {
    DISPATCH(values_as_int16, type, source, destination, n, slope, intercept, tolerance);
}

void iris_swap_bytes(void *words, size_t n, size_t bytes_per_word) { DISPATCH(swap_bytes, words, n, bytes_per_word); }

iris_summary iris_summarise(const double *values, size_t n) { DISPATCH(summarise, values, n); }
