INLINE long FN(clamp)(long i, long n) { return i < 0 ? 0 : i < n ? i : n - 1; }

static void FN(upsample)(const void *source, long depth, long height, long width, long channels, long first_row,
                         long end_row, long stride, void *target, float *t) {
    const ELEMENT *x = source;
    ELEMENT *y = target;
    long length = width * channels;
    for (long row = first_row; row < end_row; row++) {
        long oz = row / (2 * height), oy = row % (2 * height);
        // The nearer input row weighs 3/4, the other 1/4.
        long z0 = oz / 2, z1 = FN(clamp)(oz & 1 ? z0 + 1 : z0 - 1, depth);
        long y0 = oy / 2, y1 = FN(clamp)(oy & 1 ? y0 + 1 : y0 - 1, height);
        const ELEMENT *x00 = x + (z0 * height + y0) * length, *x01 = x + (z0 * height + y1) * length;
        const ELEMENT *x10 = x + (z1 * height + y0) * length, *x11 = x + (z1 * height + y1) * length;
        v16 w00 = FN(splat)(0.5625f), w01 = FN(splat)(0.1875f), w11 = FN(splat)(0.0625f);
        for (long i = 0; i < length; i += 16) {
            long n = length - i;
            v16 value = w11 * FN(load_part)(x11 + i, n);
            value = FN(fma16)(w01, FN(load_part)(x01 + i, n) + FN(load_part)(x10 + i, n), value);
            value = FN(fma16)(w00, FN(load_part)(x00 + i, n), value);
            FN(store_float_part)(t + i, value, n);
        }
        ELEMENT *out = y + row * 2 * width * stride;
        v16 near = FN(splat)(0.75f), far = FN(splat)(0.25f);
        for (long i = 0; i < width; i++) {
            const float *centre = t + i * channels, *left = t + FN(clamp)(i - 1, width) * channels;
            const float *right = t + FN(clamp)(i + 1, width) * channels;
            for (long c = 0; c < channels; c += 16) {
                long n = channels - c;
                v16 middle = near * FN(load_float_part)(centre + c, n);
                FN(store_part)(out + 2 * i * stride + c, FN(fma16)(far, FN(load_float_part)(left + c, n), middle), n);
                FN(store_part)(out + (2 * i + 1) * stride + c, FN(fma16)(far, FN(load_float_part)(right + c, n), middle), n);
            }
        }
    }
}

static void FN(upsample_adjoint)(const void *source, long depth, long height, long width, long channels, long stride,
                                 long first_row, long end_row, void *target, float *t) {
    const ELEMENT *dy = source;
    ELEMENT *dx = target;
    static const float weights[4] = {0.25f, 0.75f, 0.75f, 0.25f};
    long pitch = 2 * width * stride;
    for (long row = first_row; row < end_row; row++) {
        long iz = row / height, iy = row % height;
        for (int a = 0; a < 4; a++) {
            long oz = FN(clamp)(2 * iz - 1 + a, 2 * depth);
            const ELEMENT *plane = dy + oz * 2 * height * pitch;
            const ELEMENT *r0 = plane + FN(clamp)(2 * iy - 1, 2 * height) * pitch, *r1 = plane + 2 * iy * pitch;
            const ELEMENT *r2 = plane + (2 * iy + 1) * pitch, *r3 = plane + FN(clamp)(2 * iy + 2, 2 * height) * pitch;
            v16 near = FN(splat)(0.75f * weights[a]), far = FN(splat)(0.25f * weights[a]);
            for (long i = 0; i < 2 * width; i++) {
                for (long c = 0; c < channels; c += 16) {
                    long n = channels - c, at = i * stride + c;
                    float *to = t + i * channels + c;
                    v16 value = a == 0 ? FN(splat)(0.0f) : FN(load_float_part)(to, n);
                    value = FN(fma16)(near, FN(load_part)(r1 + at, n) + FN(load_part)(r2 + at, n), value);
                    value = FN(fma16)(far, FN(load_part)(r0 + at, n) + FN(load_part)(r3 + at, n), value);
                    FN(store_float_part)(to, value, n);
                }
            }
        }
        v16 near = FN(splat)(0.75f), far = FN(splat)(0.25f);
        for (long i = 0; i < width; i++) {
            const float *t0 = t + FN(clamp)(2 * i - 1, 2 * width) * channels, *t1 = t + 2 * i * channels;
            const float *t2 = t1 + channels, *t3 = t + FN(clamp)(2 * i + 2, 2 * width) * channels;
            for (long c = 0; c < channels; c += 16) {
                long n = channels - c;
                v16 value = far * (FN(load_float_part)(t0 + c, n) + FN(load_float_part)(t3 + c, n));
                value = FN(fma16)(near, FN(load_float_part)(t1 + c, n) + FN(load_float_part)(t2 + c, n), value);
                FN(store_part)(dx + row * width * channels + i * channels + c, value, n);
            }
        }
    }
}
