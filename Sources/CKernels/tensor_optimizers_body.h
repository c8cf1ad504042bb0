INLINE v16 FN(sqrt16)(v16 x) {
#if defined(__clang__)
    return __builtin_elementwise_sqrt(x);
#else
    for (int i = 0; i < 16; i++) x[i] = sqrtf(x[i]);
    return x;
#endif
}

INLINE v16 FN(adam_ratio)(iris_moments k, v16 g, float *m, float *v, long n) {
    v16 scaled = FN(splat)(k.gradient_scale) * g;
    v16 first = FN(fma16)(FN(splat)(k.beta1), FN(load_float_part)(m, n), FN(splat)(1 - k.beta1) * scaled);
    v16 second = FN(fma16)(FN(splat)(k.beta2), FN(load_float_part)(v, n), FN(splat)(1 - k.beta2) * scaled * scaled);
    FN(store_float_part)(m, first, n);
    FN(store_float_part)(v, second, n);
    return FN(splat)(k.bias1) * first / (FN(sqrt16)(FN(splat)(k.bias2) * second) + FN(splat)(k.epsilon));
}

static void FN(adamw)(iris_moments k, float rate, float decay, long count, const float *g, float *m, float *v, float *w) {
    v16 step = FN(splat)(-rate), shrink = FN(splat)(decay);
    for (long i = 0; i < count; i += 16) {
        long n = count - i;
        v16 r = FN(adam_ratio)(k, FN(load_float_part)(g + i, n), m + i, v + i, n), old = FN(load_float_part)(w + i, n);
        FN(store_float_part)(w + i, FN(fma16)(step, FN(fma16)(shrink, old, r), old), n);
    }
}

static void FN(lamb_direction)(iris_moments k, float decay, long count, float *g, float *m, float *v, const float *w,
                               double *norms) {
    v16 shrink = FN(splat)(decay);
    for (long start = 0; start < count; start += 4096) {
        long end = start + 4096 < count ? start + 4096 : count;
        v16 weights = {0}, updates = {0};
        for (long i = start; i < end; i += 16) {
            long n = end - i;
            v16 old = FN(load_float_part)(w + i, n);
            v16 u = FN(fma16)(shrink, old, FN(adam_ratio)(k, FN(load_float_part)(g + i, n), m + i, v + i, n));
            FN(store_float_part)(g + i, u, n);
            if (n < 16)
                for (long lane = n; lane < 16; lane++) u[lane] = 0;
            weights = FN(fma16)(old, old, weights);
            updates = FN(fma16)(u, u, updates);
        }
        norms[0] += FN(sum16)(weights);
        norms[1] += FN(sum16)(updates);
    }
}

static void FN(moving_average)(float decay, const float *w, long count, float *average) {
    v16 keep = FN(splat)(decay), take = FN(splat)(1 - decay);
    for (long i = 0; i < count; i += 16) {
        long n = count - i;
        v16 value = FN(fma16)(keep, FN(load_float_part)(average + i, n), take * FN(load_float_part)(w + i, n));
        FN(store_float_part)(average + i, value, n);
    }
}
