// Loads, stores and elementary functions on sixteen lanes, for the variant that tensor_variants.h is compiling.
// No include guard: this file is read once per variant.

INLINE v16 FN(splat)(float x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

// a * b + c.
INLINE v16 FN(fma16)(v16 a, v16 b, v16 c) {
#if VARIANT_FMA
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}

INLINE v16 FN(load_float)(const float *p) { return *(const v16_unaligned *)p; }
INLINE void FN(store_float)(float *p, v16 x) { *(v16_unaligned *)p = x; }

// The first n <= 16 lanes from memory, zeros after them.
INLINE v16 FN(load_float_part)(const float *p, long n) {
    if (n >= 16) return FN(load_float)(p);
    v16 x = {0};
    for (long i = 0; i < n; i++) x[i] = p[i];
    return x;
}
INLINE void FN(store_float_part)(float *p, v16 x, long n) {
    if (n >= 16) { FN(store_float)(p, x); return; }
    for (long i = 0; i < n; i++) p[i] = x[i];
}

#if ELEMENT_IS_FLOAT
INLINE v16 FN(load)(const ELEMENT *p) { return FN(load_float)(p); }
INLINE void FN(store)(ELEMENT *p, v16 x) { FN(store_float)(p, x); }
#else
INLINE v16 FN(load)(const ELEMENT *p) {
    return (v16)(__builtin_convertvector(*(const v16h_unaligned *)p, v16u) << 16);
}
// Adds half of the last kept place, or a little less when the kept part is even; NaN keeps a bit of its payload.
INLINE void FN(store)(ELEMENT *p, v16 x) {
    v16u bits = (v16u)x;
    v16u rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    v16u nan = (v16u)(x != x);
    v16u kept = (rounded & ~nan) | (((bits >> 16) | 0x40u) & nan);
    *(v16h_unaligned *)p = __builtin_convertvector(kept, v16h);
}
#endif

INLINE v16 FN(load_part)(const ELEMENT *p, long n) {
    if (n >= 16) return FN(load)(p);
    ELEMENT lanes[16] = {0};
    for (long i = 0; i < n; i++) lanes[i] = p[i];
    return FN(load)(lanes);
}
INLINE void FN(store_part)(ELEMENT *p, v16 x, long n) {
    if (n >= 16) { FN(store)(p, x); return; }
    ELEMENT lanes[16];
    FN(store)(lanes, x);
    for (long i = 0; i < n; i++) p[i] = lanes[i];
}

// Sum of the lanes, in a fixed order.
INLINE double FN(sum16)(v16 x) {
    double sum = 0;
    for (int i = 0; i < 16; i++) sum += (double)x[i];
    return sum;
}

INLINE v16 FN(max16)(v16 a, v16 b) {
    v16i m = a > b;
    return (v16)(((v16i)a & m) | ((v16i)b & ~m));
}
INLINE v16 FN(min16)(v16 a, v16 b) {
    v16i m = a < b;
    return (v16)(((v16i)a & m) | ((v16i)b & ~m));
}
INLINE v16 FN(select16)(v16i mask, v16 a, v16 b) { return (v16)(((v16i)a & mask) | ((v16i)b & ~mask)); }

// e^x by x = n ln 2 + r with |r| <= ln 2 / 2 and a polynomial in r; the error is below 2 units in the last place.
// Arguments are kept in [-87, 88], where the result is a normal number; NaN stays NaN.
INLINE v16 FN(exp16)(v16 x) {
    v16i nan = x != x;
    v16 kept = FN(min16)(FN(max16)(x, FN(splat)(-87.0f)), FN(splat)(88.0f));
    // Adding 1.5 * 2^23 leaves no bits for a fraction: a rounding that every processor has.
    v16 n = (FN(fma16)(kept, FN(splat)(1.44269504088896341f), FN(splat)(12582912.0f))) - 12582912.0f;
    v16 r = FN(fma16)(n, FN(splat)(-0.693359375f), kept);
    r = FN(fma16)(n, FN(splat)(2.12194440e-4f), r);
    v16 p = FN(splat)(1.9875691500e-4f);
    p = FN(fma16)(p, r, FN(splat)(1.3981999507e-3f));
    p = FN(fma16)(p, r, FN(splat)(8.3334519073e-3f));
    p = FN(fma16)(p, r, FN(splat)(4.1665795894e-2f));
    p = FN(fma16)(p, r, FN(splat)(1.6666665459e-1f));
    p = FN(fma16)(p, r, FN(splat)(5.0000001201e-1f));
    p = FN(fma16)(p, r * r, r) + 1.0f;
    v16i exponent = (__builtin_convertvector(n, v16i) + 127) << 23;
    return FN(select16)(nan, x, p * (v16)exponent);
}

// ln(1 + x) for 0 <= x <= 1, absolute error below 2e-7.
INLINE v16 FN(log1p16)(v16 x) {
    v16i large = x > 0.41421356f;
    // 1 + x = 2^k (1 + f) with f in [-0.293, 0.414].
    v16 f = FN(select16)(large, FN(fma16)(x, FN(splat)(0.5f), FN(splat)(-0.5f)), x);
    v16 z = f * f;
    v16 p = FN(splat)(7.0376836292e-2f);
    p = FN(fma16)(p, f, FN(splat)(-1.1514610310e-1f));
    p = FN(fma16)(p, f, FN(splat)(1.1676998740e-1f));
    p = FN(fma16)(p, f, FN(splat)(-1.2420140846e-1f));
    p = FN(fma16)(p, f, FN(splat)(1.4249322787e-1f));
    p = FN(fma16)(p, f, FN(splat)(-1.6668057665e-1f));
    p = FN(fma16)(p, f, FN(splat)(2.0000714765e-1f));
    p = FN(fma16)(p, f, FN(splat)(-2.4999993993e-1f));
    p = FN(fma16)(p, f, FN(splat)(3.3333331174e-1f));
    v16 y = FN(fma16)(z, FN(splat)(-0.5f), f * z * p) + f;
    return y + FN(select16)(large, FN(splat)(0.693147180559945f), FN(splat)(0.0f));
}

// 1 / (1 + e^-x).
INLINE v16 FN(sigmoid16)(v16 x) { return 1.0f / (1.0f + FN(exp16)(-x)); }
