static void FN(dice_cross_entropy_sums)(const float *logits, const float *targets, long count, double *sums) {
    // Lanes are widened every 2048 values, before float32 sums lose digits.
    for (long start = 0; start < count; start += 2048) {
        long end = start + 2048 < count ? start + 2048 : count;
        v16 both = {0}, predicted = {0}, wanted = {0}, entropy = {0};
        for (long i = start; i < end; i += 16) {
            long n = end - i;
            v16 x = FN(load_float_part)(logits + i, n), t = FN(load_float_part)(targets + i, n);
            v16 magnitude = FN(max16)(x, -x), e = FN(exp16)(-magnitude);
            v16 upper = 1.0f / (1.0f + e);
            // sigmoid(-|x|) = e / (1 + e), exact to the last places even where 1 - sigmoid(|x|) is not.
            v16 p = FN(select16)(x > 0.0f, upper, e * upper);
            v16 h = FN(fma16)(-x, t, FN(max16)(x, FN(splat)(0.0f))) + FN(log1p16)(e);
            if (n < 16)
                for (long lane = n; lane < 16; lane++) p[lane] = 0, h[lane] = 0;
            both = FN(fma16)(p, t, both);
            predicted += p;
            wanted += t;
            entropy += h;
        }
        sums[0] += FN(sum16)(both);
        sums[1] += FN(sum16)(predicted);
        sums[2] += FN(sum16)(wanted);
        sums[3] += FN(sum16)(entropy);
    }
}

static void FN(dice_cross_entropy_gradient)(const float *logits, const float *targets, long count, float cross_entropy,
                                            float dice_constant, float dice_target, float *dx) {
    v16 a = FN(splat)(cross_entropy), b = FN(splat)(dice_constant), c = FN(splat)(dice_target);
    for (long i = 0; i < count; i += 16) {
        long n = count - i;
        v16 x = FN(load_float_part)(logits + i, n), t = FN(load_float_part)(targets + i, n);
        v16 e = FN(exp16)(-FN(max16)(x, -x)), upper = 1.0f / (1.0f + e);
        v16 p = FN(select16)(x > 0.0f, upper, e * upper);
        v16 slope = e * upper * upper;
        FN(store_float_part)(dx + i, FN(fma16)(a, p - t, FN(fma16)(c, t, b) * slope), n);
    }
}
