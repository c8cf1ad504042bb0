// Patches whose map only scales, flips and shifts: a plane of source rows is interpolated along z, then rows of it along
// y, then along x. Each variant includes this after it has defined
//
//     void resample_row(const sampler_job *, const float *a, const float *b, float weight, int32_t width, float *out)
//         the row between a and b (b has the weight), width long, taken to the patch's places along i (axis_first, axis_fraction)
//     void pick_labels(const sampler_job *, int32_t first, int32_t end, uint8_t *out)
//         out[i] = label_row[axis_nearest[0][i]] for i in first..<end
//
// The tables are relative to the box, and 64 entries past the end repeat the last.
#include "sampler_internal.h"

// Fills the tables of one axis and returns the box's first voxel and size along it.
static void prepare_axis(const sampler_job *job, int a, int32_t *lower, int32_t *size) {
    const iris_patch_geometry *g = job->geometry;
    int32_t n = g->shape[a], low = INT32_MAX, high = INT32_MIN;
    for (int32_t i = 0; i < n + 64; i++) {
        int64_t place = fixed_place(g->origin[a] + min_i32(i, n - 1) * g->step[a][a]);
        job->axis_first[a][i] = (int32_t)(place >> PLACE_BITS);
        job->axis_nearest[a][i] = (int32_t)((place + PLACE_HALF) >> PLACE_BITS);
        job->axis_fraction[a][i] = (float)(place & PLACE_FRACTION) * 0x1p-24f;
        low = min_i32(low, job->axis_first[a][i]);
        high = max_i32(high, job->axis_first[a][i] + 1);
    }
    for (int32_t i = 0; i < n + 64; i++) {
        job->axis_first[a][i] -= low;
        job->axis_nearest[a][i] -= low;
    }
    *lower = low;
    *size = high - low + 1;
}

// Voxels first ..< end of a row of the source side by side: where they lie, or, from several bricks, in `buffer`.
static const int16_t *whole_row(
    const sampler_job *job, int32_t first, int32_t end, int32_t y, int32_t z, int16_t *buffer) {
    const voxel_layout *l = &job->image_layout;
    const int16_t *row = job->source->image + offset_along(l, 1, y) + offset_along(l, 2, z);
    if (run_length(l, first) >= end - first) return row + offset_along(l, 0, first);
    for (int32_t x = first & ~(BRICK_WIDTH - 1); x < end; x += BRICK_WIDTH)
        memcpy(buffer + (x - (first & ~(BRICK_WIDTH - 1))), row + offset_along(l, 0, x), BRICK_WIDTH * sizeof *row);
    return buffer + first % BRICK_WIDTH;
}

// One row of the plane: from + weight (to - from), normalised. Either row may be null, outside the source.
static void interpolate_rows(
    const iris_patch_source *s, const int16_t *from, const int16_t *to, float weight, int32_t count, float *out) {
    int16_t low = s->clip_lower, high = s->clip_upper;
    float scale = s->scale, offset = s->offset, pad = s->pad;
    if (from && (weight == 0 || from == to)) {
        for (int32_t x = 0; x < count; x++) {
            int16_t v = from[x] < low ? low : from[x] > high ? high : from[x];
            out[x] = (float)v * scale + offset;
        }
    } else if (from && to) {
        for (int32_t x = 0; x < count; x++) {
            int16_t v = from[x] < low ? low : from[x] > high ? high : from[x];
            int16_t w = to[x] < low ? low : to[x] > high ? high : to[x];
            out[x] = ((float)v + weight * (float)(w - v)) * scale + offset;
        }
    } else if (from) {
        for (int32_t x = 0; x < count; x++) {
            int16_t v = from[x] < low ? low : from[x] > high ? high : from[x];
            out[x] = ((float)v + weight * (pad - (float)v)) * scale + offset;
        }
    } else if (to) {
        for (int32_t x = 0; x < count; x++) {
            int16_t w = to[x] < low ? low : to[x] > high ? high : to[x];
            out[x] = (pad + weight * ((float)w - pad)) * scale + offset;
        }
    } else {
        for (int32_t x = 0; x < count; x++) out[x] = pad * scale + offset;
    }
}

static void sample_aligned_image(const sampler_job *job, const int32_t lower[3], const int32_t size[3]) {
    const iris_patch_source *s = job->source;
    const int32_t *n = job->geometry->shape;
    size_t stride = ((size_t)size[0] + 15) / 16 * 16 + 16;
    int32_t first = min_i32(size[0], max_i32(0, -lower[0])), end = max_i32(first, min_i32(size[0], s->shape[0] - lower[0]));
    float pad = (float)s->pad * s->scale + s->offset;
    // Columns outside the source keep this value; rows are written between first and end only.
    for (size_t x = 0; x < stride * (size_t)size[1]; x++) job->plane[x] = pad;
    for (int32_t k = 0; k < n[2]; k++) {
        int32_t z = job->axis_first[2][k] + lower[2];
        for (int32_t r = 0; r < size[1]; r++) {
            int32_t y = r + lower[1];
            const int16_t *rows[2] = {NULL, NULL};
            for (int d = 0; d < 2; d++)
                if (y >= 0 && y < s->shape[1] && z + d >= 0 && z + d < s->shape[2] && first < end)
                    rows[d] = whole_row(job, first + lower[0], end + lower[0], y, z + d, job->image_rows[d]);
            interpolate_rows(
                s, rows[0], rows[1], job->axis_fraction[2][k], end - first, job->plane + stride * r + first);
        }
        for (int32_t j = 0; j < n[1]; j++) {
            const float *a = job->plane + stride * job->axis_first[1][j];
            float *out = job->image + (size_t)n[0] * (j + (size_t)n[1] * k);
            resample_row(job, a, a + stride, job->axis_fraction[1][j], size[0], out);
        }
    }
}

static void sample_aligned_labels(const sampler_job *job, const int32_t lower[3], const int32_t size[3]) {
    const iris_patch_source *s = job->source;
    const int32_t *n = job->geometry->shape;
    // The part of the box, and of the output row, that lies inside the source: an interval, since places are monotone.
    int32_t first = min_i32(size[0], max_i32(0, -lower[0])), end = max_i32(first, min_i32(size[0], s->shape[0] - lower[0]));
    int32_t i0 = 0, i1 = n[0];
    const int32_t *nearest = job->axis_nearest[0];
    while (i0 < i1 && (nearest[i0] < first || nearest[i0] >= end)) i0++;
    while (i1 > i0 && (nearest[i1 - 1] < first || nearest[i1 - 1] >= end)) i1--;
    const voxel_layout *l = &job->label_layout;
    ptrdiff_t held = -1;
    for (int32_t k = 0; k < n[2]; k++)
        for (int32_t j = 0; j < n[1]; j++) {
            uint8_t *out = job->label + (size_t)n[0] * (j + (size_t)n[1] * k);
            int32_t y = job->axis_nearest[1][j] + lower[1], z = job->axis_nearest[2][k] + lower[2];
            if (y < 0 || y >= s->shape[1] || z < 0 || z >= s->shape[2] || i0 == i1) {
                memset(out, 0, (size_t)n[0]);
                continue;
            }
            ptrdiff_t row = offset_along(l, 1, y) + offset_along(l, 2, z);
            for (int32_t x = first, next; row != held && x < end; x = next) {
                next = min_i32(end, x + run_length(l, x + lower[0]));
                const uint8_t *from = s->label + row + offset_along(l, 0, x + lower[0]) - x;
                for (int32_t m = x; m < next; m++) job->label_row[m] = from[m];
            }
            held = row;
            memset(out, 0, (size_t)i0);
            pick_labels(job, i0, i1, out);
            memset(out + i1, 0, (size_t)(n[0] - i1));
        }
}

static void sample_aligned(const sampler_job *job) {
    int32_t lower[3], size[3];
    for (int a = 0; a < 3; a++) prepare_axis(job, a, &lower[a], &size[a]);
    if (job->image) sample_aligned_image(job, lower, size);
    if (job->label) sample_aligned_labels(job, lower, size);
}
