#include "iris_audit.h"

#include <math.h>

#include "iris_instruction_set.h"

iris_census iris_census_empty(double pivot) {
    return (iris_census){.first_special = -1, .pivot = pivot, .minimum = INFINITY, .maximum = -INFINITY};
}

#define VARIANT(name) name##_portable
#include "audit_census_body.h"
#undef VARIANT

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define VARIANT(name) name##_avx2
#include "audit_census_body.h"
#undef VARIANT
#pragma clang attribute pop

#pragma clang attribute push(                                                                                          \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-256-bit"))), apply_to = function)
#define VARIANT(name) name##_avx512
#include "audit_census_body.h"
#undef VARIANT
#pragma clang attribute pop
#endif

void iris_census_add(iris_census *moments, const void *voxels, iris_scalar type, int64_t count, int64_t offset) {
#if defined(__x86_64__)
    switch (iris_instruction_set_in_use()) {
    case IRIS_AVX512: moments_avx512(moments, voxels, type, count, offset); return;
    case IRIS_AVX2: moments_avx2(moments, voxels, type, count, offset); return;
    default: break;
    }
#endif
    moments_portable(moments, voxels, type, count, offset);
}
