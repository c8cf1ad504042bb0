#include "iris_instruction_set.h"

#include <stdatomic.h>

static atomic_int limit = IRIS_AVX512;

iris_instruction_set iris_instruction_set_available(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return IRIS_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) return IRIS_AVX2;
#endif
    return IRIS_PORTABLE;
}

iris_instruction_set iris_instruction_set_in_use(void) {
    int available = (int)iris_instruction_set_available();
    int allowed = atomic_load_explicit(&limit, memory_order_relaxed);
    return (iris_instruction_set)(available < allowed ? available : allowed);
}

void iris_limit_instruction_set(iris_instruction_set value) { atomic_store(&limit, (int)value); }
