static void FN(add)(const void *a, const void *b, long count, void *y) {
    const ELEMENT *p = a, *q = b;
    ELEMENT *to = y;
    for (long i = 0; i < count; i += 16)
        FN(store_part)(to + i, FN(load_part)(p + i, count - i) + FN(load_part)(q + i, count - i), count - i);
}

#if ELEMENT_IS_FLOAT
static void FN(add_scaled)(float factor, const float *x, long count, float *y) {
    v16 k = FN(splat)(factor);
    for (long i = 0; i < count; i += 16) {
        long n = count - i;
        FN(store_float_part)(y + i, FN(fma16)(k, FN(load_float_part)(x + i, n), FN(load_float_part)(y + i, n)), n);
    }
}

static void FN(scale)(float factor, const float *x, long count, float *y) {
    v16 k = FN(splat)(factor);
    for (long i = 0; i < count; i += 16)
        FN(store_float_part)(y + i, k * FN(load_float_part)(x + i, count - i), count - i);
}

// Lanes are widened every 4096 values, before float32 sums lose digits.
static void FN(sum)(const float *x, long count, double *result) {
    double total = 0;
    for (long start = 0; start < count; start += 4096) {
        long end = start + 4096 < count ? start + 4096 : count;
        v16 sum = {0};
        for (long i = start; i < end; i += 16) sum += FN(load_float_part)(x + i, end - i);
        total += FN(sum16)(sum);
    }
    *result = total;
}

static void FN(sum_of_squares)(const float *x, long count, double *result) {
    double total = 0;
    for (long start = 0; start < count; start += 4096) {
        long end = start + 4096 < count ? start + 4096 : count;
        v16 sum = {0};
        for (long i = start; i < end; i += 16) {
            v16 t = FN(load_float_part)(x + i, end - i);
            sum = FN(fma16)(t, t, sum);
        }
        total += FN(sum16)(sum);
    }
    *result = total;
}
#else
static void FN(to_bfloat16)(const float *x, long count, void *y) {
    for (long i = 0; i < count; i += 16) FN(store_part)((uint16_t *)y + i, FN(load_float_part)(x + i, count - i), count - i);
}

static void FN(from_bfloat16)(const void *x, long count, float *y) {
    for (long i = 0; i < count; i += 16)
        FN(store_float_part)(y + i, FN(load_part)((const uint16_t *)x + i, count - i), count - i);
}
#endif
