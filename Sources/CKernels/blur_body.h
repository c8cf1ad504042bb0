// Separable Gaussian blur with a ring of planes. Included by every variant after noise_body.h.
#include "intensity_internal.h"
#include "vector16.h"

enum { UNROLLED_RADIUS = 6 };

// out[o] = sum over |r| <= radius of weights[|r|] in[o + radius + r], for BLUR_BLOCK rows (or planes) at once, so that each
// input is loaded once. `radius` is a constant wherever this is inlined, except in the last case of the switches below.
VECTOR16 void weighted_block(
    const float *const *in, size_t n, const float *weights, int32_t radius, f32x16 out[BLUR_BLOCK]) {
    if (radius > UNROLLED_RADIUS) {
        for (int o = 0; o < BLUR_BLOCK; o++) {
            f32x16 sum = load16(in[o + radius] + n) * weights[0];
            for (int r = 1; r <= radius; r++)
                sum = fused(load16(in[o + radius - r] + n) + load16(in[o + radius + r] + n), (f32x16)weights[r], sum);
            out[o] = sum;
        }
        return;
    }
    f32x16 v[BLUR_BLOCK + 2 * UNROLLED_RADIUS];
    for (int r = 0; r < BLUR_BLOCK + 2 * radius; r++) v[r] = load16(in[r] + n);
    for (int o = 0; o < BLUR_BLOCK; o++) {
        f32x16 sum = v[o + radius] * weights[0];
        for (int r = 1; r <= radius; r++) sum = fused(v[o + radius - r] + v[o + radius + r], (f32x16)weights[r], sum);
        out[o] = sum;
    }
}

// Calls pass(job, ..., radius) with a constant radius where that pays.
#define WITH_CONSTANT_RADIUS(value, call)                                                                                 \
    switch (value) {                                                                                                      \
        case 0: { enum { radius = 0 }; call; break; }                                                                     \
        case 1: { enum { radius = 1 }; call; break; }                                                                     \
        case 2: { enum { radius = 2 }; call; break; }                                                                     \
        case 3: { enum { radius = 3 }; call; break; }                                                                     \
        case 4: { enum { radius = 4 }; call; break; }                                                                     \
        case 5: { enum { radius = 5 }; call; break; }                                                                     \
        case 6: { enum { radius = 6 }; call; break; }                                                                     \
        default: { const int32_t radius = (value); call; }                                                                \
    }

static inline int32_t held_in(int32_t n, int32_t count) { return n < 0 ? 0 : n >= count ? count - 1 : n; }

static inline size_t padded_width(const int32_t shape[3]) { return ((size_t)shape[0] + 15) / 16 * 16; }

// The last `count` voxels of a row, the last of them repeated.
VECTOR16 f32x16 load_row_end(const float *p, int32_t count) {
    f32x16 v = p[count - 1];
    memcpy(&v, p, (size_t)count * sizeof(float));
    return v;
}

// Lanes n ..< n + 16 of two vectors side by side.
VECTOR16 f32x16 window16(f32x16 a, f32x16 b, int32_t n) {
#define WINDOW(n)                                                                                                         \
    case n: return __builtin_shufflevector(                                                                               \
        a, b, n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8, n + 9, n + 10, n + 11, n + 12, n + 13, n + 14,   \
        n + 15);
    switch (n) {
        WINDOW(1) WINDOW(2) WINDOW(3) WINDOW(4) WINDOW(5) WINDOW(6)
        WINDOW(10) WINDOW(11) WINDOW(12) WINDOW(13) WINDOW(14) WINDOW(15)
        default: return a;
    }
#undef WINDOW
}

// One row in registers: three neighbouring vectors at a time, ends repeated.
VECTOR16 void blur_short_row(const float *from, int32_t n, const float *w, int32_t radius, float *out) {
    f32x16 before = (f32x16)from[0], here = n >= 16 ? load16(from) : load_row_end(from, n);
    for (int32_t i = 0; i < n; i += 16) {
        f32x16 after = i + 32 <= n ? load16(from + i + 16)
            : i + 16 < n ? load_row_end(from + i + 16, n - i - 16) : (f32x16)from[n - 1];
        f32x16 sum = here * w[0];
        for (int32_t r = 1; r <= radius; r++)
            sum = fused(window16(before, here, 16 - r) + window16(here, after, r), (f32x16)w[r], sum);
        store16(out + i, sum);
        before = here;
        here = after;
    }
}

// The same through a buffer, for radii beyond a neighbouring vector.
static void blur_long_row(const blur_job *job, const float *from, float *out) {
    int32_t n = job->shape[0], radius = job->axes[0].radius;
    const float *w = job->axes[0].weights;
    size_t width = padded_width(job->shape);
    float *row = job->row + BLUR_RADIUS_LIMIT;
    memcpy(row, from, sizeof(float) * (size_t)n);
    for (int32_t r = 1; r <= radius; r++) row[-r] = from[0];
    for (size_t r = (size_t)n; r < width + (size_t)radius; r++) row[r] = from[n - 1];
    for (size_t i = 0; i < width; i += 16) {
        f32x16 sum = load16(row + i) * w[0];
        for (int32_t r = 1; r <= radius; r++)
            sum = fused(load16(row + i - r) + load16(row + i + r), (f32x16)w[r], sum);
        store16(out + i, sum);
    }
}

VECTOR16 void blur_rows(const blur_job *job, const float *from, int32_t radius) {
    int32_t n = job->shape[0];
    size_t width = padded_width(job->shape);
    for (int32_t j = 0; j < job->shape[1]; j++, from += n) {
        float *out = job->plane + width * (size_t)j;
        if (radius > UNROLLED_RADIUS)
            blur_long_row(job, from, out);
        else
            blur_short_row(from, n, job->axes[0].weights, radius, out);
    }
}

VECTOR16 void blur_columns(const blur_job *job, float *to, int32_t radius) {
    int32_t n = job->shape[1];
    size_t width = padded_width(job->shape);
    const float *in[BLUR_BLOCK + 2 * BLUR_RADIUS_LIMIT];
    for (int32_t j = 0; j < n; j += BLUR_BLOCK) {
        for (int32_t r = 0; r < BLUR_BLOCK + 2 * radius; r++)
            in[r] = job->plane + width * (size_t)held_in(j + r - radius, n);
        int32_t rows = n - j < BLUR_BLOCK ? n - j : BLUR_BLOCK;
        for (size_t i = 0; i < width; i += 16) {
            f32x16 out[BLUR_BLOCK];
            weighted_block(in, i, job->axes[1].weights, radius, out);
            for (int32_t o = 0; o < rows; o++) store16(to + width * (size_t)(j + o) + i, out[o]);
        }
    }
}

// Writes planes first ..< first + planes of the result, whose neighbours are in the ring.
VECTOR16 void blur_planes(const blur_job *job, int32_t first, int32_t planes, int32_t slots, int32_t radius) {
    const int32_t *shape = job->shape;
    const float *in[BLUR_BLOCK + 2 * BLUR_RADIUS_LIMIT];
    for (int32_t r = 0; r < BLUR_BLOCK + 2 * radius; r++)
        in[r] = job->ring + job->stride * (size_t)(held_in(first + r - radius, shape[2]) % slots);
    size_t width = padded_width(shape), plane = (size_t)shape[0] * shape[1];
    // Without padding a plane is one long row.
    size_t rows = width == (size_t)shape[0] ? 1 : (size_t)shape[1], length = rows == 1 ? plane : (size_t)shape[0];
    for (size_t j = 0; j < rows; j++)
        for (size_t i = 0; i < length; i += 16) {
            f32x16 out[BLUR_BLOCK];
            weighted_block(in, j * width + i, job->axes[2].weights, radius, out);
            for (int32_t o = 0; o < planes; o++) {
                float *to = job->x + plane * (size_t)(first + o) + j * length + i;
                size_t count = length - i < 16 ? length - i : 16;
                f32x16 v = out[o] + job->add;
                if (job->keep != 0) v = fused(count == 16 ? load16(to) : load_part(to, count), (f32x16)job->keep, v);
                if (count == 16)
                    store16(to, v);
                else
                    store_part(to, v, count);
            }
        }
    if (job->sigma == 0) return;
    const iris_pointwise unchanged = {1, 0, -INFINITY, INFINITY};
    add_gaussian(
        job->x + plane * (size_t)first, plane * (size_t)first, plane * (size_t)planes, &unchanged, job->sigma, job->key);
}

static void blur(const blur_job *job) {
    int32_t n = job->shape[2], reach = job->axes[2].radius, slots = BLUR_BLOCK + 2 * reach, done = 0;
    size_t plane = (size_t)job->shape[0] * job->shape[1];
    for (int32_t k = 0; k < n; k++) {
        WITH_CONSTANT_RADIUS(job->axes[0].radius, blur_rows(job, job->x + plane * (size_t)k, radius))
        WITH_CONSTANT_RADIUS(job->axes[1].radius, blur_columns(job, job->ring + job->stride * (size_t)(k % slots), radius))
        while (done < n && (k == n - 1 || k == done + BLUR_BLOCK - 1 + reach)) {
            int32_t planes = n - done < BLUR_BLOCK ? n - done : BLUR_BLOCK;
            WITH_CONSTANT_RADIUS(reach, blur_planes(job, done, planes, slots, radius))
            done += planes;
            if (k < n - 1) break;
        }
    }
}
