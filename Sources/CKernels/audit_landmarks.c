#include <math.h>
#include <string.h>

#include "iris_audit.h"

void iris_lattice(const float *cells, const int64_t size[3], const double step[3], const double first[3],
                  const int64_t count[3], float *lattice) {
    int64_t slice = size[0] * size[1];
    for (int64_t k = 0; k < count[2]; k++) {
        double z = fmin(fmax((first[2] + (double)k + 0.5) * step[2] - 0.5, 0), (double)(size[2] - 1));
        int64_t z0 = (int64_t)z, z1 = z0 + 1 < size[2] ? z0 + 1 : z0;
        float w = (float)(z - (double)z0);
        for (int64_t j = 0; j < count[1]; j++) {
            double y = fmin(fmax((first[1] + (double)j + 0.5) * step[1] - 0.5, 0), (double)(size[1] - 1));
            int64_t y0 = (int64_t)y, y1 = y0 + 1 < size[1] ? y0 + 1 : y0;
            float v = (float)(y - (double)y0);
            const float *a = cells + z0 * slice + y0 * size[0], *b = cells + z0 * slice + y1 * size[0];
            const float *c = cells + z1 * slice + y0 * size[0], *d = cells + z1 * slice + y1 * size[0];
            float *row = lattice + (k * count[1] + j) * count[0];
            for (int64_t i = 0; i < count[0]; i++) {
                double x = fmin(fmax((first[0] + (double)i + 0.5) * step[0] - 0.5, 0), (double)(size[0] - 1));
                int64_t x0 = (int64_t)x, x1 = x0 + 1 < size[0] ? x0 + 1 : x0;
                float u = (float)(x - (double)x0);
                float low = (1 - v) * ((1 - u) * a[x0] + u * a[x1]) + v * ((1 - u) * b[x0] + u * b[x1]);
                float high = (1 - v) * ((1 - u) * c[x0] + u * c[x1]) + v * ((1 - u) * d[x0] + u * d[x1]);
                row[i] = (1 - w) * low + w * high;
            }
        }
    }
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

static float sample(const float *x, int64_t s1, int64_t s2, float i, float j, float k) {
    int64_t a = (int64_t)i, b = (int64_t)j, c = (int64_t)k;
    float u = i - (float)a, v = j - (float)b, w = k - (float)c;
    const float *p = x + a + b * s1 + c * s2;
    float low = (1 - v) * ((1 - u) * p[0] + u * p[1]) + v * ((1 - u) * p[s1] + u * p[s1 + 1]);
    p += s2;
    float high = (1 - v) * ((1 - u) * p[0] + u * p[1]) + v * ((1 - u) * p[s1] + u * p[s1 + 1]);
    return (1 - w) * low + w * high;
}

// Means and deviations of the surroundings by distance and kind of direction, which flips and permutations leave alone.
static int describe(const float *smooth, int64_t s1, int64_t s2, iris_landmark *mark) {
    float sums[9] = {0}, squares[9] = {0}, all = 0, all_squares = 0;
    static const float kinds[4] = {0, 6, 12, 8};
    static const float reach[4] = {0, 1, 0.70710678f, 0.57735027f};
    for (int c = 0; c < 27; c++) {
        int d[3] = {c % 3 - 1, c / 3 % 3 - 1, c / 9 - 1};
        int kind = (d[0] != 0) + (d[1] != 0) + (d[2] != 0);
        if (kind == 0) continue;
        for (int shell = 0; shell < 3; shell++) {
            float r = (float)(shell + 1) * reach[kind];
            float v = sample(smooth, s1, s2, mark->i + r * (float)d[0], mark->j + r * (float)d[1], mark->k + r * (float)d[2]);
            sums[shell * 3 + kind - 1] += v;
            squares[shell * 3 + kind - 1] += v * v;
            all += v;
            all_squares += v * v;
        }
    }
    float mean = all / 78, variance = all_squares / 78 - mean * mean;
    if (!(variance > 1e-6f * all_squares / 78)) return 0;
    float scale = 1 / sqrtf(variance);
    for (int n = 0; n < 9; n++) {
        float count = kinds[n % 3 + 1], own = sums[n] / count;
        mark->descriptor[n] = (own - mean) * scale;
        mark->descriptor[9 + n] = sqrtf(fmaxf(0, squares[n] / count - own * own)) * scale;
    }
    return 1;
}

int64_t iris_landmarks(const float *smooth, const float *smoother, const int64_t count[3], float *difference,
                       iris_landmark *marks, int64_t capacity) {
    int64_t s1 = count[0], s2 = count[0] * count[1], found = 0;
    const int64_t margin = IRIS_LANDMARK_MARGIN;
    for (int64_t n = 0; n < s2 * count[2]; n++) difference[n] = smooth[n] - smoother[n];
    for (int64_t k = margin; k < count[2] - margin; k++)
        for (int64_t j = margin; j < count[1] - margin; j++)
            for (int64_t i = margin; i < count[0] - margin; i++) {
                const float *p = difference + i + j * s1 + k * s2;
                if ((p[0] > p[1]) != (p[0] > p[-1]) || (p[0] > p[1]) != (p[0] > p[s1])) continue;
                int sign = extremum(p, s1, s2);
                if (sign == 0) continue;
                if (found == capacity) return found;
                iris_landmark mark = {
                    .i = (float)i + summit(p[-1], p[0], p[1]), .j = (float)j + summit(p[-s1], p[0], p[s1]),
                    .k = (float)k + summit(p[-s2], p[0], p[s2]), .strength = p[0]};
                if (describe(smooth, s1, s2, &mark)) marks[found++] = mark;
            }
    return found;
}

void iris_nearest_landmarks(const float *descriptions, const int32_t *owners, const int32_t *patients, int64_t count,
                            const float *wanted, int32_t patient, iris_likeness best[2]) {
    for (int64_t n = 0; n < count; n++) {
        int32_t owner = owners[n];
        if (patients[owner] == patient) continue;
        const float *d = descriptions + n * IRIS_LANDMARK_NUMBERS;
        float sum = 0;
        for (int c = 0; c < 6; c++) sum += (d[c] - wanted[c]) * (d[c] - wanted[c]);
        if (sum >= best[1].distance) continue;
        for (int c = 6; c < IRIS_LANDMARK_NUMBERS; c++) sum += (d[c] - wanted[c]) * (d[c] - wanted[c]);
        if (sum >= best[1].distance) continue;
        if (sum < best[0].distance) {
            if (owner != best[0].owner) best[1] = best[0];
            best[0] = (iris_likeness){sum, owner};
        } else if (owner != best[0].owner) {
            best[1] = (iris_likeness){sum, owner};
        }
    }
}
