#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "iris_audit.h"
#include "iris_instruction_set.h"

// The 78 places that describe a landmark, those of one distance and kind of direction together, and two that fill up.
enum { DIRECTIONS = 80, GROUPS = 9 };

static const struct {
    float i[DIRECTIONS], j[DIRECTIONS], k[DIRECTIONS];
} directions = {
#define R1 0.70710678f
#define R2 0.57735027f
#define AXES(r) r, -r, 0, 0, 0, 0
#define AXES_J(r) 0, 0, r, -r, 0, 0
#define AXES_K(r) 0, 0, 0, 0, r, -r
#define EDGES(r) r, r, -r, -r, r, r, -r, -r, 0, 0, 0, 0
#define EDGES_J(r) r, -r, r, -r, 0, 0, 0, 0, r, r, -r, -r
#define EDGES_K(r) 0, 0, 0, 0, r, -r, r, -r, r, -r, r, -r
#define CORNERS(r) r, r, r, r, -r, -r, -r, -r
#define CORNERS_J(r) r, r, -r, -r, r, r, -r, -r
#define CORNERS_K(r) r, -r, r, -r, r, -r, r, -r
    {AXES(1.f), EDGES(R1), CORNERS(R2), AXES(2.f), EDGES(2 * R1), CORNERS(2 * R2), AXES(3.f), EDGES(3 * R1),
     CORNERS(3 * R2), 0, 0},
    {AXES_J(1.f), EDGES_J(R1), CORNERS_J(R2), AXES_J(2.f), EDGES_J(2 * R1), CORNERS_J(2 * R2), AXES_J(3.f),
     EDGES_J(3 * R1), CORNERS_J(3 * R2), 0, 0},
    {AXES_K(1.f), EDGES_K(R1), CORNERS_K(R2), AXES_K(2.f), EDGES_K(2 * R1), CORNERS_K(2 * R2), AXES_K(3.f),
     EDGES_K(3 * R1), CORNERS_K(3 * R2), 0, 0},
};
static const int group_sizes[GROUPS] = {6, 12, 8, 6, 12, 8, 6, 12, 8};

#define VARIANT(name) name##_portable
#include "audit_landmarks_body.h"
#undef VARIANT

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define VARIANT(name) name##_avx2
#include "audit_landmarks_body.h"
#undef VARIANT
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define VARIANT(name) name##_avx512
#include "audit_landmarks_body.h"
#undef VARIANT
#pragma clang attribute pop
#endif

typedef struct {
    void (*flag_extrema)(const float *, int64_t, int64_t, int64_t, uint8_t *);
    void (*weighted_rows)(const float *, int64_t, const float *, int, float *);
    void (*lattice_row)(const float *, const int32_t *, const float *, int, int64_t, float *);
    void (*surroundings)(const float *, int32_t, int32_t, float, float, float, float *);
    void (*binomial_run)(const float *, int64_t, int64_t, float *);
} kernels;

static kernels best(void) {
#if defined(__x86_64__)
    switch (iris_instruction_set_in_use()) {
    case IRIS_AVX512: return (kernels){flag_extrema_avx512, weighted_rows_avx512, lattice_row_avx512, surroundings_avx512, binomial_run_avx512};
    case IRIS_AVX2: return (kernels){flag_extrema_avx2, weighted_rows_avx2, lattice_row_avx2, surroundings_avx2, binomial_run_avx2};
    default: break;
    }
#endif
    return (kernels){flag_extrema_portable, weighted_rows_portable, lattice_row_portable, surroundings_portable, binomial_run_portable};
}

// The cells that each lattice point of one axis is a weighted mean of: a tent as wide as two steps, and at least two cells.
typedef struct {
    int taps;
    int32_t *first;
    float *weights;  // `taps` for each point
} tents;

static int make_tents(tents *t, double step, double first, int64_t count, int64_t size) {
    double reach = fmax(1, step);
    int64_t wide = (int64_t)(2 * reach) + 1;
    t->taps = (int)(wide < size ? wide : size);
    t->first = malloc(sizeof(int32_t) * (size_t)count);
    t->weights = calloc((size_t)(count * t->taps), sizeof(float));
    if (!t->first || !t->weights) return 0;
    for (int64_t n = 0; n < count; n++) {
        double middle = (first + (double)n + 0.5) * step - 0.5, sum = 0;
        int64_t low = (int64_t)ceil(middle - reach), from = low < 0 ? 0 : low;
        if (from > size - t->taps) from = size - t->taps;
        float *weights = t->weights + n * t->taps;
        t->first[n] = (int32_t)from;
        for (int64_t cell = low; cell < low + wide; cell++) {
            double weight = reach - fabs((double)cell - middle);
            if (weight <= 0) continue;
            // Ends are repeated.
            int64_t at = (cell < 0 ? 0 : cell > size - 1 ? size - 1 : cell) - from;
            weights[at] += (float)weight;
            sum += weight;
        }
        for (int w = 0; w < t->taps; w++) weights[w] /= (float)sum;
    }
    return 1;
}

int iris_lattice(const float *cells, const int64_t size[3], const double step[3], const double first[3],
                 const int64_t count[3], float *lattice) {
    const kernels kernel = best();
    tents t[3] = {{0}};
    int made = 1;
    for (int a = 0; a < 3; a++) made = made && make_tents(&t[a], step[a], first[a], count[a], size[a]);
    float *slice = malloc(sizeof(float) * (size_t)(size[0] * size[1] + size[0] + 16));
    made = made && slice;
    for (int64_t k = 0; made && k < count[2]; k++) {
        kernel.weighted_rows(cells + t[2].first[k] * size[0] * size[1], size[0] * size[1], t[2].weights + k * t[2].taps,
                             t[2].taps, slice);
        for (int64_t j = 0; j < count[1]; j++) {
            float *row = slice + size[0] * size[1];
            kernel.weighted_rows(slice + t[1].first[j] * size[0], size[0], t[1].weights + j * t[1].taps, t[1].taps, row);
            kernel.lattice_row(row, t[0].first, t[0].weights, t[0].taps, count[0],
                               lattice + (k * count[1] + j) * count[0]);
        }
    }
    free(slice);
    for (int a = 0; a < 3; a++) {
        free(t[a].first);
        free(t[a].weights);
    }
    return made;
}

// The two values at either end of a line; what is last is repeated beyond it.
static void binomial_ends(const float *x, int64_t count, int64_t stride, float *result) {
    for (int64_t side = 0; side < 2; side++) {
        int64_t step = side ? -stride : stride, last = count - 1;
        const float *p = side ? x + last * stride : x;
        float *to = side ? result + last * stride : result;
        float a = p[0], b = p[step], c = p[2 * step], d = p[3 * step];
        to[0] = 0.0625f * (a + c) + 0.25f * (a + b) + 0.375f * a;
        to[step] = 0.0625f * (a + d) + 0.25f * (a + c) + 0.375f * b;
    }
}

// Blurs along one axis of at least five elements, which are blocks of `stride` values: the middle ones in one run, since lines of
// small volumes are short.
static void binomial_axis(const kernels *kernel, const float *x, int64_t lines, int64_t count, int64_t stride, float *result) {
    const int64_t length = count * stride;
    if (stride == 1) kernel->binomial_run(x + 2, lines * length - 4, 1, result + 2);
    for (int64_t line = 0; line < lines; line++, x += length, result += length) {
        if (stride > 1) kernel->binomial_run(x + 2 * stride, length - 4 * stride, stride, result + 2 * stride);
        for (int64_t i = 0; i < stride; i++) binomial_ends(x + i, count, stride, result + i);
    }
}

void iris_binomial_blur(const float *x, const int64_t shape[3], float *scratch, float *result) {
    const kernels kernel = best();
    binomial_axis(&kernel, x, shape[1] * shape[2], shape[0], 1, result);
    binomial_axis(&kernel, result, shape[2], shape[1], shape[0], scratch);
    binomial_axis(&kernel, scratch, 1, shape[2], shape[0] * shape[1], result);
}

// 1 for a value above all of its 26 neighbours, -1 below all, otherwise 0.
static int extremum(const float *p, int64_t s1, int64_t s2) {
    int sign = p[0] > p[1] ? 1 : -1;
    float v = p[0] * (float)sign;
    for (int64_t k = -1; k <= 1; k++)
        for (int64_t j = -1; j <= 1; j++)
            for (int64_t i = -1; i <= 1; i++)
                if ((i | j | k) && !((float)sign * p[i + j * s1 + k * s2] < v)) return 0;
    return sign;
}

// Where a parabola through three neighbours has its end, within half a step.
static float summit(float before, float here, float after) {
    float curvature = before + after - 2 * here;
    float offset = curvature != 0 ? 0.5f * (before - after) / curvature : 0;
    return fminf(fmaxf(offset, -0.5f), 0.5f);
}

// Where the surroundings of a lattice point are that lie on lattice points themselves: 1, 2 and 3 steps along each axis that a
// direction has a part in.
static void whole_steps(int64_t s1, int64_t s2, int64_t offsets[DIRECTIONS]) {
    for (int n = 0; n < DIRECTIONS; n++) {
        int64_t steps = n < 26 ? 1 : n < 52 ? 2 : 3;
        const float d[3] = {directions.i[n], directions.j[n], directions.k[n]};
        const int64_t strides[3] = {1, s1, s2};
        offsets[n] = 0;
        for (int a = 0; a < 3; a++) offsets[n] += (d[a] > 0 ? steps : d[a] < 0 ? -steps : 0) * strides[a];
    }
}

// Means and deviations of the surroundings by distance and kind of direction, which flips and permutations leave alone. With
// `offsets` they are read where those say, else sampled.
static int describe(const kernels *kernel, const float *smooth, int64_t s1, int64_t s2, const int64_t *offsets,
                    iris_landmark *mark) {
    float values[DIRECTIONS], sums[GROUPS], squares[GROUPS], all = 0, all_squares = 0;
    float i = rintf(mark->i), j = rintf(mark->j), k = rintf(mark->k);
    const float *middle = smooth + (int64_t)i + (int64_t)j * s1 + (int64_t)k * s2;
    if (offsets)
        for (int n = 0; n < DIRECTIONS; n++) values[n] = middle[offsets[n]];
    else
        kernel->surroundings(middle, (int32_t)s1, (int32_t)s2, mark->i - i, mark->j - j, mark->k - k, values);
    for (int g = 0, n = 0; g < GROUPS; g++) {
        float sum = 0, square = 0;
        for (int end = n + group_sizes[g]; n < end; n++) {
            sum += values[n];
            square += values[n] * values[n];
        }
        sums[g] = sum;
        squares[g] = square;
        all += sum;
        all_squares += square;
    }
    float mean = all / 78, variance = all_squares / 78 - mean * mean;
    if (!(variance > 1e-6f * all_squares / 78)) return 0;
    float scale = 1 / sqrtf(variance);
    for (int g = 0; g < GROUPS; g++) {
        float own = sums[g] / (float)group_sizes[g];
        mark->descriptor[g] = (own - mean) * scale;
        mark->descriptor[GROUPS + g] = sqrtf(fmaxf(0, squares[g] / (float)group_sizes[g] - own * own)) * scale;
    }
    return 1;
}

// The strongest first; of equal ones the earlier in memory.
static int stronger(const void *a, const void *b) {
    const iris_landmark *x = a, *y = b;
    float s = fabsf(x->strength), t = fabsf(y->strength);
    if (s != t) return s > t ? -1 : 1;
    if (x->k != y->k) return x->k < y->k ? -1 : 1;
    if (x->j != y->j) return x->j < y->j ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

int64_t iris_landmarks(const float *smooth, const float *smoother, const int64_t count[3], int whole, float *difference,
                       iris_landmark *marks, int64_t capacity, int64_t most) {
    const kernels kernel = best();
    const int64_t s1 = count[0], s2 = count[0] * count[1], margin = IRIS_LANDMARK_MARGIN;
    const int64_t width = count[0] - 2 * margin;
    const int64_t run = (count[1] - 2 * margin) * s1 - 2 * margin;
    int64_t found = 0;
    // One slice at a time, since rows of small volumes are short; what lies in a row's margins is passed over afterwards.
    uint8_t *flags = width > 0 && run > 0 ? calloc((size_t)run + 8, 1) : NULL;
    if (!flags) return 0;
    for (int64_t n = 0; n < s2 * count[2]; n++) difference[n] = smooth[n] - smoother[n];
    for (int64_t k = margin; k < count[2] - margin; k++) {
        const float *middle = difference + margin + margin * s1 + k * s2;
        kernel.flag_extrema(middle, s1, s2, run, flags);
        for (int64_t at = 0; at < run; at += 8) {
            uint64_t eight;
            memcpy(&eight, flags + at, sizeof eight);
            for (; eight; eight &= eight - 1) {
                int64_t place = at + __builtin_ctzll(eight) / 8, i = place % s1;
                const float *p = middle + place;
                if (i >= width || found == capacity || extremum(p, s1, s2) == 0) continue;
                iris_landmark mark = {.i = (float)(i + margin), .j = (float)(place / s1 + margin), .k = (float)k,
                                      .strength = p[0]};
                if (!whole) {
                    mark.i += summit(p[-1], p[0], p[1]);
                    mark.j += summit(p[-s1], p[0], p[s1]);
                    mark.k += summit(p[-s2], p[0], p[s2]);
                }
                marks[found++] = mark;
            }
        }
    }
    free(flags);
    qsort(marks, (size_t)found, sizeof *marks, stronger);
    int64_t kept = 0, offsets[DIRECTIONS];
    whole_steps(s1, s2, offsets);
    for (int64_t n = 0; n < found && kept < most; n++) {
        marks[kept] = marks[n];
        kept += describe(&kernel, smooth, s1, s2, whole ? offsets : NULL, &marks[kept]);
    }
    return kept;
}
