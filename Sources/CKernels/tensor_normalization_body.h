// Runs of voxels short enough that every operand stays in the L1 or L2 cache between channel chunks.
#define TILE 64

static void FN(norm_sums)(const ELEMENT *x, const float *shift, long voxels, long channels, double *sums) {
    for (long start = 0; start < voxels; start += TILE) {
        long end = start + TILE < voxels ? start + TILE : voxels;
        for (long c = 0; c < channels; c += 16) {
            long n = channels - c;
            v16 k = FN(load_float_part)(shift + c, n), sum0 = {0}, sum1 = {0}, square0 = {0}, square1 = {0};
            long v = start;
            if (n >= 16) {
                for (; v + 1 < end; v += 2) {
                    v16 t0 = FN(load)(x + v * channels + c) - k, t1 = FN(load)(x + (v + 1) * channels + c) - k;
                    sum0 += t0;
                    sum1 += t1;
                    square0 = FN(fma16)(t0, t0, square0);
                    square1 = FN(fma16)(t1, t1, square1);
                }
            }
            for (; v < end; v++) {
                v16 t = FN(load_part)(x + v * channels + c, n) - k;
                sum0 += t;
                square0 = FN(fma16)(t, t, square0);
            }
            v16 sum = sum0 + sum1, square = square0 + square1;
            for (long i = 0; i < 16 && i < n; i++) {
                sums[c + i] += (double)sum[i];
                sums[channels + c + i] += (double)square[i];
            }
        }
    }
}

// `shortcut`: 0 none, 1 the input itself, 2 normalised. A constant at every call, so the tests vanish.
INLINE void FN(norm_apply_mode)(const int shortcut, const ELEMENT *x1, const float *a1, const float *b1,
                                const ELEMENT *x2, const float *a2, const float *b2, float slope, long voxels,
                                long channels, ELEMENT *y) {
    v16 s = FN(splat)(slope);
    for (long start = 0; start < voxels; start += TILE) {
        long end = start + TILE < voxels ? start + TILE : voxels;
        for (long c = 0; c < channels; c += 16) {
            long n = channels - c;
            v16 scale1 = FN(load_float_part)(a1 + c, n), offset = FN(load_float_part)(b1 + c, n), scale2 = {0};
            if (shortcut == 2) {
                scale2 = FN(load_float_part)(a2 + c, n);
                offset += FN(load_float_part)(b2 + c, n);
            }
            if (n >= 16) {
                for (long v = start; v < end; v++) {
                    v16 t = FN(fma16)(scale1, FN(load)(x1 + v * channels + c), offset);
                    if (shortcut == 1) t += FN(load)(x2 + v * channels + c);
                    if (shortcut == 2) t = FN(fma16)(scale2, FN(load)(x2 + v * channels + c), t);
                    FN(store)(y + v * channels + c, FN(max16)(t, s * t));
                }
            } else {
                for (long v = start; v < end; v++) {
                    v16 t = FN(fma16)(scale1, FN(load_part)(x1 + v * channels + c, n), offset);
                    if (shortcut == 1) t += FN(load_part)(x2 + v * channels + c, n);
                    if (shortcut == 2) t = FN(fma16)(scale2, FN(load_part)(x2 + v * channels + c, n), t);
                    FN(store_part)(y + v * channels + c, FN(max16)(t, s * t), n);
                }
            }
        }
    }
}

static void FN(norm_apply)(const void *x1, const float *a1, const float *b1, const void *x2, const float *a2,
                           const float *b2, float slope, long voxels, long channels, void *y) {
    if (a2) FN(norm_apply_mode)(2, x1, a1, b1, x2, a2, b2, slope, voxels, channels, y);
    else if (x2) FN(norm_apply_mode)(1, x1, a1, b1, x2, a2, b2, slope, voxels, channels, y);
    else FN(norm_apply_mode)(0, x1, a1, b1, x2, a2, b2, slope, voxels, channels, y);
}

INLINE v16 FN(leaky_gradient)(v16 dy, v16 y, v16 slope) {
    v16i positive = y > 0.0f;
    return FN(select16)(positive, dy, slope * dy);
}

INLINE void FN(norm_gradient_sums_mode)(const int two, const ELEMENT *dy, const ELEMENT *y, float slope,
                                        const ELEMENT *x1, const float *mean1, const ELEMENT *x2, const float *mean2,
                                        long voxels, long channels, double *sums) {
    v16 s = FN(splat)(slope);
    for (long start = 0; start < voxels; start += TILE) {
        long end = start + TILE < voxels ? start + TILE : voxels;
        for (long c = 0; c < channels; c += 16) {
            long n = channels - c;
            v16 m1 = FN(load_float_part)(mean1 + c, n), m2 = {0};
            if (two) m2 = FN(load_float_part)(mean2 + c, n);
            v16 sum = {0}, product1 = {0}, product2 = {0};
            if (n >= 16) {
                for (long v = start; v < end; v++) {
                    long at = v * channels + c;
                    v16 g = FN(leaky_gradient)(FN(load)(dy + at), FN(load)(y + at), s);
                    sum += g;
                    product1 = FN(fma16)(g, FN(load)(x1 + at) - m1, product1);
                    if (two) product2 = FN(fma16)(g, FN(load)(x2 + at) - m2, product2);
                }
            } else {
                for (long v = start; v < end; v++) {
                    long at = v * channels + c;
                    v16 g = FN(leaky_gradient)(FN(load_part)(dy + at, n), FN(load_part)(y + at, n), s);
                    sum += g;
                    product1 = FN(fma16)(g, FN(load_part)(x1 + at, n) - m1, product1);
                    if (two) product2 = FN(fma16)(g, FN(load_part)(x2 + at, n) - m2, product2);
                }
            }
            for (long i = 0; i < 16 && i < n; i++) {
                sums[c + i] += (double)sum[i];
                sums[channels + c + i] += (double)product1[i];
                if (two) sums[2 * channels + c + i] += (double)product2[i];
            }
        }
    }
}

static void FN(norm_gradient_sums)(const void *dy, const void *y, float slope, const void *x1, const float *mean1,
                                   const void *x2, const float *mean2, long voxels, long channels, double *sums) {
    if (mean2) FN(norm_gradient_sums_mode)(1, dy, y, slope, x1, mean1, x2, mean2, voxels, channels, sums);
    else FN(norm_gradient_sums_mode)(0, dy, y, slope, x1, mean1, x2, mean2, voxels, channels, sums);
}

// `shortcut`: 0 none, 1 dx2 = g, 2 normalised.
INLINE void FN(norm_gradient_apply_mode)(const int shortcut, const ELEMENT *dy, const ELEMENT *y, float slope,
                                         const ELEMENT *x1, const float *p1, const float *q1, const float *r1,
                                         const ELEMENT *x2, const float *p2, const float *q2, const float *r2,
                                         long voxels, long channels, ELEMENT *dx1, ELEMENT *dx2) {
    v16 s = FN(splat)(slope);
    for (long start = 0; start < voxels; start += TILE) {
        long end = start + TILE < voxels ? start + TILE : voxels;
        for (long c = 0; c < channels; c += 16) {
            long n = channels - c;
            v16 ka = FN(load_float_part)(p1 + c, n), kb = FN(load_float_part)(q1 + c, n);
            v16 kc = FN(load_float_part)(r1 + c, n), la = {0}, lb = {0}, lc = {0};
            if (shortcut == 2) {
                la = FN(load_float_part)(p2 + c, n);
                lb = FN(load_float_part)(q2 + c, n);
                lc = FN(load_float_part)(r2 + c, n);
            }
            if (n >= 16) {
                for (long v = start; v < end; v++) {
                    long at = v * channels + c;
                    v16 g = FN(leaky_gradient)(FN(load)(dy + at), FN(load)(y + at), s);
                    FN(store)(dx1 + at, FN(fma16)(ka, g, FN(fma16)(kb, FN(load)(x1 + at), kc)));
                    if (shortcut == 1) FN(store)(dx2 + at, g);
                    if (shortcut == 2) FN(store)(dx2 + at, FN(fma16)(la, g, FN(fma16)(lb, FN(load)(x2 + at), lc)));
                }
            } else {
                for (long v = start; v < end; v++) {
                    long at = v * channels + c;
                    v16 g = FN(leaky_gradient)(FN(load_part)(dy + at, n), FN(load_part)(y + at, n), s);
                    v16 d1 = FN(fma16)(ka, g, FN(fma16)(kb, FN(load_part)(x1 + at, n), kc));
                    FN(store_part)(dx1 + at, d1, n);
                    if (shortcut == 1) FN(store_part)(dx2 + at, g, n);
                    if (shortcut == 2) {
                        v16 d2 = FN(fma16)(la, g, FN(fma16)(lb, FN(load_part)(x2 + at, n), lc));
                        FN(store_part)(dx2 + at, d2, n);
                    }
                }
            }
        }
    }
}

static void FN(norm_gradient_apply)(const void *dy, const void *y, float slope, const void *x1, const float *p1,
                                    const float *q1, const float *r1, const void *x2, const float *p2, const float *q2,
                                    const float *r2, long voxels, long channels, void *dx1, void *dx2) {
    if (p2)
        FN(norm_gradient_apply_mode)(2, dy, y, slope, x1, p1, q1, r1, x2, p2, q2, r2, voxels, channels, dx1, dx2);
    else if (dx2)
        FN(norm_gradient_apply_mode)(1, dy, y, slope, x1, p1, q1, r1, x2, p2, q2, r2, voxels, channels, dx1, dx2);
    else
        FN(norm_gradient_apply_mode)(0, dy, y, slope, x1, p1, q1, r1, x2, p2, q2, r2, voxels, channels, dx1, dx2);
}

#undef TILE
