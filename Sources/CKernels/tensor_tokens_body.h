static void FN(layer_norm)(const float *x, const float *gain, const float *bias, float epsilon, long rows, long width,
                           float *y, float *statistics) {
    for (long r = 0; r < rows; r++) {
        const float *in = x + r * width;
        v16 sum = {0};
        for (long i = 0; i < width; i += 16) sum += FN(load_float_part)(in + i, width - i);
        double mean = FN(sum16)(sum) / (double)width;
        v16 m = FN(splat)((float)mean), square = {0};
        for (long i = 0; i < width; i += 16) {
            v16 t = FN(load_float_part)(in + i, width - i) - m;
            if (width - i < 16)
                for (long lane = width - i; lane < 16; lane++) t[lane] = 0;
            square = FN(fma16)(t, t, square);
        }
        double variance = FN(sum16)(square) / (double)width;
        float reciprocal = (float)(1.0 / sqrt(variance + (double)epsilon));
        statistics[2 * r] = (float)mean;
        statistics[2 * r + 1] = reciprocal;
        v16 s = FN(splat)(reciprocal);
        for (long i = 0; i < width; i += 16) {
            long n = width - i;
            v16 t = (FN(load_float_part)(in + i, n) - m) * s;
            FN(store_float_part)(y + r * width + i, FN(fma16)(t, FN(load_float_part)(gain + i, n), FN(load_float_part)(bias + i, n)), n);
        }
    }
}

static void FN(layer_norm_gradient)(const float *dy, const float *x, const float *gain, const float *statistics,
                                    long rows, long width, float *dx, float *dgain, float *dbias) {
    for (long r = 0; r < rows; r++) {
        const float *in = x + r * width, *out = dy + r * width;
        v16 m = FN(splat)(statistics[2 * r]), s = FN(splat)(statistics[2 * r + 1]), sum = {0}, product = {0};
        for (long i = 0; i < width; i += 16) {
            long n = width - i;
            v16 d = FN(load_float_part)(out + i, n), t = (FN(load_float_part)(in + i, n) - m) * s;
            FN(store_float_part)(dgain + i, FN(fma16)(d, t, FN(load_float_part)(dgain + i, n)), n);
            FN(store_float_part)(dbias + i, FN(load_float_part)(dbias + i, n) + d, n);
            v16 g = d * FN(load_float_part)(gain + i, n);
            sum += g;
            product = FN(fma16)(g, t, product);
        }
        v16 a = FN(splat)((float)(FN(sum16)(sum) / (double)width)), b = FN(splat)((float)(FN(sum16)(product) / (double)width));
        for (long i = 0; i < width; i += 16) {
            long n = width - i;
            v16 g = FN(load_float_part)(out + i, n) * FN(load_float_part)(gain + i, n);
            v16 t = (FN(load_float_part)(in + i, n) - m) * s;
            FN(store_float_part)(dx + r * width + i, s * (g - a - t * b), n);
        }
    }
}

static void FN(softmax)(float *scores, const unsigned char *present, float scale, long rows, long width) {
    v16 k = FN(splat)(scale);
    for (long r = 0; r < rows; r++) {
        float *row = scores + r * width;
        // Absent keys become -infinity first: they lose every maximum and their exponential is cleared below.
        if (present)
            for (long i = 0; i < width; i++) row[i] = present[i] ? row[i] : -INFINITY;
        v16 largest = FN(splat)(-INFINITY);
        for (long i = 0; i < width; i += 16) {
            long n = width - i;
            v16 t = k * FN(load_float_part)(row + i, n);
            if (n < 16)
                for (long lane = n; lane < 16; lane++) t[lane] = -INFINITY;
            largest = FN(max16)(t, largest);
        }
        float top = largest[0];
        for (int i = 1; i < 16; i++) top = largest[i] > top ? largest[i] : top;
        if (top == -INFINITY) {
            memset(row, 0, (size_t)width * sizeof(float));
            continue;
        }
        v16 t0 = FN(splat)(top), sum = {0};
        for (long i = 0; i < width; i += 16) {
            long n = width - i;
            v16 t = FN(fma16)(k, FN(load_float_part)(row + i, n), -t0);
            v16i absent = t == FN(splat)(-INFINITY);
            v16 e = FN(select16)(absent, FN(splat)(0.0f), FN(exp16)(t));
            if (n < 16)
                for (long lane = n; lane < 16; lane++) e[lane] = 0;
            sum += e;
            FN(store_float_part)(row + i, e, n);
        }
        v16 reciprocal = FN(splat)((float)(1.0 / FN(sum16)(sum)));
        for (long i = 0; i < width; i += 16)
            FN(store_float_part)(row + i, reciprocal * FN(load_float_part)(row + i, width - i), width - i);
    }
}

static void FN(softmax_gradient)(const float *p, float *dp, float scale, long rows, long width) {
    v16 k = FN(splat)(scale);
    for (long r = 0; r < rows; r++) {
        v16 sum = {0};
        for (long i = r * width; i < (r + 1) * width; i += 16) {
            long n = (r + 1) * width - i;
            sum = FN(fma16)(FN(load_float_part)(p + i, n), FN(load_float_part)(dp + i, n), sum);
        }
        v16 s = FN(splat)((float)FN(sum16)(sum));
        for (long i = r * width; i < (r + 1) * width; i += 16) {
            long n = (r + 1) * width - i;
            FN(store_float_part)(dp + i, k * FN(load_float_part)(p + i, n) * (FN(load_float_part)(dp + i, n) - s), n);
        }
    }
}

// sqrt(8 / pi) and that times 0.044715: GELU is x * sigmoid(GELU_A x + GELU_B x^3).
#define GELU_A 1.5957691216057308f
#define GELU_B 0.0713548162726002527f

static void FN(gelu)(const float *x, long count, float *y) {
    for (long i = 0; i < count; i += 16) {
        v16 t = FN(load_float_part)(x + i, count - i);
        v16 u = t * FN(fma16)(t * t, FN(splat)(GELU_B), FN(splat)(GELU_A));
        FN(store_float_part)(y + i, t * FN(sigmoid16)(u), count - i);
    }
}

static void FN(gelu_gradient)(const float *dy, const float *x, long count, float *dx) {
    for (long i = 0; i < count; i += 16) {
        v16 t = FN(load_float_part)(x + i, count - i), d = FN(load_float_part)(dy + i, count - i);
        v16 s = FN(sigmoid16)(t * FN(fma16)(t * t, FN(splat)(GELU_B), FN(splat)(GELU_A)));
        v16 slope = FN(fma16)(t * t, FN(splat)(3 * GELU_B), FN(splat)(GELU_A));
        FN(store_float_part)(dx + i, d * (s + t * s * (1.0f - s) * slope), count - i);
    }
}

static void FN(fill_rows)(const float *row, long rows, long width, float *y) {
    for (long r = 0; r < rows; r++) memcpy(y + r * width, row, (size_t)width * sizeof(float));
}

static void FN(column_sums)(const float *x, long rows, long stride, long width, float *sums) {
    for (long i = 0; i < width; i += 16) {
        v16 sum = {0};
        for (long r = 0; r < rows; r++) sum += FN(load_float_part)(x + r * stride + i, width - i);
        FN(store_float_part)(sums + i, sum + FN(load_float_part)(sums + i, width - i), width - i);
    }
}
