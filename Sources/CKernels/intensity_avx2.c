#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"))), apply_to = function)
#define IRIS_TARGET_FMA 1
#define VARIANT(name) name##_avx2
#include "intensity_variant.h"
#pragma clang attribute pop
#endif
