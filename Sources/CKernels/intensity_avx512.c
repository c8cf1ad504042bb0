#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,bmi2"), min_vector_width(512))), apply_to = function)
#define IRIS_TARGET_AVX512 1
#define IRIS_TARGET_FMA 1
#define VARIANT(name) name##_avx512
#include "intensity_variant.h"
#pragma clang attribute pop
#endif
