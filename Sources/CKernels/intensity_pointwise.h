// Statistics, affine maps, gamma and bias field. Included by every variant.
#include "intensity_internal.h"
#include "vector16.h"

// Sums of one block of voxels per lane, folded into double precision when the block ends.
typedef struct lane_statistics {
    f32x16 sum, sum_of_squares, minimum, maximum;
    f64x8 total[2], total_of_squares[2];
} lane_statistics;

enum { STATISTICS_BLOCK = 4096 };

VECTOR16 void begin_statistics(lane_statistics *s) {
    memset(s, 0, sizeof *s);
    s->minimum = (f32x16)INFINITY;
    s->maximum = (f32x16)-INFINITY;
}

VECTOR16 void fold_statistics(lane_statistics *s) {
    s->total[0] += __builtin_convertvector(s->sum.lo, f64x8);
    s->total[1] += __builtin_convertvector(s->sum.hi, f64x8);
    s->total_of_squares[0] += __builtin_convertvector(s->sum_of_squares.lo, f64x8);
    s->total_of_squares[1] += __builtin_convertvector(s->sum_of_squares.hi, f64x8);
    s->sum = s->sum_of_squares = (f32x16)0.0f;
}

VECTOR16 void count_in(lane_statistics *s, f32x16 v) {
    s->sum += v;
    s->sum_of_squares = fused(v, v, s->sum_of_squares);
    s->minimum = min16(s->minimum, v);
    s->maximum = max16(s->maximum, v);
}

// Only the first `count` lanes; the others must equal the first, which cannot change the extremes.
VECTOR16 void count_part_in(lane_statistics *s, f32x16 v, size_t count) {
    f32x16 counted = select16(lanes16() < (int32_t)count, v, (f32x16)0.0f);
    s->sum += counted;
    s->sum_of_squares = fused(counted, counted, s->sum_of_squares);
    s->minimum = min16(s->minimum, v);
    s->maximum = max16(s->maximum, v);
}

VECTOR16 void end_statistics(lane_statistics *s, iris_intensity_statistics *out) {
    fold_statistics(s);
    f64x8 total = s->total[0] + s->total[1], squares = s->total_of_squares[0] + s->total_of_squares[1];
    *out = (iris_intensity_statistics){0, 0, INFINITY, -INFINITY};
    for (int n = 0; n < 8; n++) {
        out->sum += total[n];
        out->sum_of_squares += squares[n];
    }
    for (int n = 0; n < 16; n++) {
        out->minimum = s->minimum[n] < out->minimum ? s->minimum[n] : out->minimum;
        out->maximum = s->maximum[n] > out->maximum ? s->maximum[n] : out->maximum;
    }
}

VECTOR16 f32x16 mapped(f32x16 x, const iris_pointwise *m) {
    return min16(max16(x * m->multiply + m->add, (f32x16)m->lower), (f32x16)m->upper);
}

static void statistics_of(const float *x, size_t count, iris_intensity_statistics *out) {
    lane_statistics s;
    begin_statistics(&s);
    for (size_t start = 0; start < count; start += STATISTICS_BLOCK) {
        size_t n = start, end = start + STATISTICS_BLOCK < count ? start + STATISTICS_BLOCK : count;
        for (; n + 16 <= end; n += 16) count_in(&s, load16(x + n));
        if (n < end) count_part_in(&s, load_part(x + n, end - n), end - n);
        fold_statistics(&s);
    }
    end_statistics(&s, out);
}

static void apply_pointwise(float *x, size_t count, const iris_pointwise *map, iris_intensity_statistics *after) {
    iris_pointwise m = *map;
    lane_statistics s;
    begin_statistics(&s);
    for (size_t start = 0; start < count; start += STATISTICS_BLOCK) {
        size_t n = start, end = start + STATISTICS_BLOCK < count ? start + STATISTICS_BLOCK : count;
        if (after) {
            for (; n + 16 <= end; n += 16) {
                f32x16 y = mapped(load16(x + n), &m);
                count_in(&s, y);
                store16(x + n, y);
            }
        } else {
            for (; n + 16 <= end; n += 16) store16(x + n, mapped(load16(x + n), &m));
        }
        if (n < end) {
            f32x16 y = mapped(load_part(x + n, end - n), &m);
            count_part_in(&s, y, end - n);
            store_part(x + n, y, end - n);
        }
        fold_statistics(&s);
    }
    if (after) end_statistics(&s, after);
}

// What gamma needs of its arguments: t = (y - zero) * unit in [0, 1], result t^exponent * range + zero.
typedef struct gamma_curve {
    float zero, unit, exponent, range;
} gamma_curve;

VECTOR16 f32x16 gamma_of(f32x16 y, const gamma_curve *c) {
    // Powers of numbers below 1e-30 count as 0 to the precision kept here, and their logarithm stays finite.
    f32x16 t = max16((y - c->zero) * c->unit, (f32x16)1e-30f);
    return fused(exp2_16(log2_16(t) * c->exponent), (f32x16)c->range, (f32x16)c->zero);
}

static void apply_gamma(
    float *x, size_t count, const iris_pointwise *map, float minimum, float maximum, float exponent, bool inverted,
    iris_intensity_statistics *before, iris_intensity_statistics *after) {
    iris_pointwise m = *map;
    // Inverted, the curve starts at the maximum and runs downwards: both unit and range turn their sign.
    float range = inverted ? minimum - maximum : maximum - minimum;
    gamma_curve curve = {inverted ? maximum : minimum, 1 / range, exponent, range};
    lane_statistics in, out;
    begin_statistics(&in);
    begin_statistics(&out);
    for (size_t start = 0; start < count; start += STATISTICS_BLOCK) {
        size_t n = start, end = start + STATISTICS_BLOCK < count ? start + STATISTICS_BLOCK : count;
        for (; n + 16 <= end; n += 16) {
            f32x16 y = mapped(load16(x + n), &m), z = gamma_of(y, &curve);
            count_in(&in, y);
            count_in(&out, z);
            store16(x + n, z);
        }
        if (n < end) {
            f32x16 y = mapped(load_part(x + n, end - n), &m), z = gamma_of(y, &curve);
            count_part_in(&in, y, end - n);
            count_part_in(&out, z, end - n);
            store_part(x + n, z, end - n);
        }
        fold_statistics(&in);
        fold_statistics(&out);
    }
    end_statistics(&in, before);
    end_statistics(&out, after);
}

// The place of voxel n of `count` in [-1, 1].
static double centred_place(int32_t n, int32_t count) { return count > 1 ? 2.0 * n / (count - 1) - 1 : 0; }

static void apply_bias_field(
    float *x, const int32_t shape[3], const iris_pointwise *map, const double coefficients[20], float pivot) {
    iris_pointwise m = *map;
    const double log2_e = 1.4426950408889634;
    float spacing = shape[0] > 1 ? 2.0f / (float)(shape[0] - 1) : 0, origin = shape[0] > 1 ? -1.0f : 0;
    for (int32_t k = 0; k < shape[2]; k++)
        for (int32_t j = 0; j < shape[1]; j++) {
            double v = centred_place(j, shape[1]), w = centred_place(k, shape[2]);
            // Along a row the field is the exponential of a cubic in u.
            double row[4] = {0};
            const double *c = coefficients;
            double vb = 1;
            for (int a = 0; a <= 3; a++) {
                vb = 1;
                for (int b = 0; a + b <= 3; b++, vb *= v) {
                    double wc = 1;
                    for (int d = 0; a + b + d <= 3; d++, wc *= w) row[a] += *c++ * vb * wc;
                }
            }
            float q[4];
            for (int a = 0; a < 4; a++) q[a] = (float)(row[a] * log2_e);
            float *out = x + (size_t)shape[0] * (j + (size_t)shape[1] * k);
            for (int32_t i = 0; i < shape[0]; i += 16) {
                size_t count = shape[0] - i < 16 ? (size_t)(shape[0] - i) : 16;
                f32x16 u = __builtin_convertvector(lanes16() + i, f32x16) * spacing + origin;
                f32x16 field = exp2_16(min16(
                    fused(fused(fused(u, (f32x16)q[3], (f32x16)q[2]), u, (f32x16)q[1]), u, (f32x16)q[0]), (f32x16)126.0f));
                f32x16 y = mapped(count == 16 ? load16(out + i) : load_part(out + i, count), &m);
                y = fused(y - pivot, field, (f32x16)pivot);
                if (count == 16)
                    store16(out + i, y);
                else
                    store_part(out + i, y, count);
            }
        }
}
