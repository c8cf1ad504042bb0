// Sixteen lanes at a time whatever the processor: one AVX-512 register, two of AVX2, four of SSE2. The same operations in
// the same order everywhere; only where the processor fuses multiply and add is one rounding less. Not part of the
// interface.
#ifndef IRIS_VECTOR16_H
#define IRIS_VECTOR16_H

#include <math.h>
#include <stdint.h>
#include <string.h>

// Everything here is inlined, so no vector is ever passed between variants compiled for different processors.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float f32x16 __attribute__((ext_vector_type(16)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
typedef uint32_t u32x16 __attribute__((ext_vector_type(16)));
typedef uint64_t u64x8 __attribute__((ext_vector_type(8)));
typedef double f64x8 __attribute__((ext_vector_type(8)));

#define VECTOR16 static inline __attribute__((always_inline))

VECTOR16 f32x16 load16(const float *p) {
    f32x16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

VECTOR16 void store16(float *p, f32x16 v) { memcpy(p, &v, sizeof v); }

// The first `count` lanes from p, the others equal to the first.
VECTOR16 f32x16 load_part(const float *p, size_t count) {
    f32x16 v = p[0];
    memcpy(&v, p, count * sizeof(float));
    return v;
}

VECTOR16 void store_part(float *p, f32x16 v, size_t count) { memcpy(p, &v, count * sizeof(float)); }

VECTOR16 i32x16 lanes16(void) { return (i32x16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; }

VECTOR16 f32x16 bits_as_float(i32x16 v) {
    f32x16 r;
    memcpy(&r, &v, sizeof r);
    return r;
}

VECTOR16 i32x16 float_as_bits(f32x16 v) {
    i32x16 r;
    memcpy(&r, &v, sizeof r);
    return r;
}

VECTOR16 f32x16 select16(i32x16 condition, f32x16 yes, f32x16 no) {
    return bits_as_float((float_as_bits(yes) & condition) | (float_as_bits(no) & ~condition));
}

VECTOR16 f32x16 min16(f32x16 a, f32x16 b) { return a < b ? a : b; }
VECTOR16 f32x16 max16(f32x16 a, f32x16 b) { return a > b ? a : b; }

// a * b + c, rounded once where the variant's target has FMA. Without it the C library's fmaf would take 30 times longer.
VECTOR16 f32x16 fused(f32x16 a, f32x16 b, f32x16 c) {
#if defined(IRIS_TARGET_FMA)
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}

// Splits a positive normal number into 2^e and m in [sqrt(1/2), sqrt(2)); returns m - 1.
VECTOR16 f32x16 split_exponent(f32x16 x, f32x16 *e) {
    i32x16 bits = float_as_bits(x);
    i32x16 exponent = (bits - 0x3f3504f3) >> 23;
    *e = __builtin_convertvector(exponent, f32x16);
    return bits_as_float(bits - (exponent << 23)) - 1.0f;
}

// The base 2 logarithm of 2^e (1 + t), t in [sqrt(1/2) - 1, sqrt(2) - 1]. Own minimax fit, off by at most 1e-7 for e = 0 and
// by a rounding elsewhere.
VECTOR16 f32x16 log2_of_parts(f32x16 e, f32x16 t) {
    f32x16 p = fused(t, (f32x16)-0.145989031f, (f32x16)0.236745417f);
    p = fused(p, t, (f32x16)-0.24992393f);
    p = fused(p, t, (f32x16)0.286727428f);
    p = fused(p, t, (f32x16)-0.360103816f);
    p = fused(p, t, (f32x16)0.480938464f);
    p = fused(p, t, (f32x16)-0.72135663f);
    p = fused(p, t, (f32x16)1.44269478f);
    return fused(p, t, e);
}

// The base 2 logarithm of a positive normal number.
VECTOR16 f32x16 log2_16(f32x16 x) {
    f32x16 e, t = split_exponent(x, &e);
    return log2_of_parts(e, t);
}

// 2^x for x in [-126, 127]; below, 2^-126. Own minimax fit, relative error at most 2e-7.
VECTOR16 f32x16 exp2_16(f32x16 x) {
    x = max16(x, (f32x16)-126.0f);
    // Adding 1.5 * 2^23 leaves the nearest whole number in the low bits.
    f32x16 shifted = x + 0x1.8p23f;
    i32x16 whole = float_as_bits(shifted) - 0x4b400000;
    f32x16 t = x - (shifted - 0x1.8p23f);
    f32x16 p = fused(t, (f32x16)0.00132764666f, (f32x16)0.00967554096f);
    p = fused(p, t, (f32x16)0.0555071346f);
    p = fused(p, t, (f32x16)0.240221202f);
    p = fused(p, t, (f32x16)0.693146944f);
    p = fused(p, t, (f32x16)1.00000012f);
    return bits_as_float(float_as_bits(p) + (whole << 23));
}

#endif
