// Compiles one body once per instruction set and element type. The including file defines IRIS_BODY, the body's file
// name, and IRIS_FLOAT_ONLY when there are no bfloat16 activations in it. In a body, FN(name) is the function of the
// current variant, ELEMENT the element type of activations, and the helpers of tensor_vector.h are at hand.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "include/iris_instruction_set.h"
#include "include/iris_tensor_types.h"

// Sixteen floats: one register with AVX-512, two with AVX2, four in plain C. The unaligned twins are for memory.
typedef float v16 __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef uint32_t v16u __attribute__((vector_size(64)));
typedef uint16_t v16h __attribute__((vector_size(32)));
typedef float v16_unaligned __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t v16h_unaligned __attribute__((vector_size(32), aligned(2), may_alias));

// The helpers that pass vectors are always inlined, so no calling convention is ever involved.
#pragma clang diagnostic ignored "-Wpsabi"
#define INLINE static inline __attribute__((always_inline, unused))

// FN(name) in a body: name, element type and instruction set in one word.
#define JOINED_WORDS(name, element, set) name##_##element##_##set
#define JOINED(name, element, set) JOINED_WORDS(name, element, set)
#define FN(name) JOINED(name, ELEMENT_NAME, VARIANT_NAME)

#define VARIANT_NAME portable
#define VARIANT_FMA 0
#include "tensor_element_types.h"
#undef VARIANT_NAME
#undef VARIANT_FMA

#if defined(__x86_64__)
#define VARIANT_FMA 1
#define VARIANT_NAME avx2
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"), min_vector_width(256))), apply_to = function)
#include "tensor_element_types.h"
#pragma clang attribute pop
#undef VARIANT_NAME
#define VARIANT_NAME avx512
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,bmi2"), min_vector_width(512))), apply_to = function)
#include "tensor_element_types.h"
#pragma clang attribute pop
#undef VARIANT_NAME
#undef VARIANT_FMA

#define DISPATCH_FLOAT(name, ...)                                             \
    switch (iris_instruction_set_in_use()) {                                  \
        case IRIS_AVX512: name##_f32_avx512(__VA_ARGS__); break;              \
        case IRIS_AVX2: name##_f32_avx2(__VA_ARGS__); break;                  \
        default: name##_f32_portable(__VA_ARGS__); break;                     \
    }
#define DISPATCH_BFLOAT(name, ...)                                            \
    switch (iris_instruction_set_in_use()) {                                  \
        case IRIS_AVX512: name##_bf16_avx512(__VA_ARGS__); break;             \
        case IRIS_AVX2: name##_bf16_avx2(__VA_ARGS__); break;                 \
        default: name##_bf16_portable(__VA_ARGS__); break;                    \
    }
#else
#define DISPATCH_FLOAT(name, ...) name##_f32_portable(__VA_ARGS__);
#define DISPATCH_BFLOAT(name, ...) name##_bf16_portable(__VA_ARGS__);
#endif

#define DISPATCH(type, name, ...)                                             \
    if ((type) == IRIS_TENSOR_FLOAT32) { DISPATCH_FLOAT(name, __VA_ARGS__) } else { DISPATCH_BFLOAT(name, __VA_ARGS__) }
