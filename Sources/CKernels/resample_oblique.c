#include "iris_resample_oblique.h"

#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

static const double pole = -0.26794919243112270647;

// Places closer than this to halfway between two centres count as halfway, whatever the rounding errors of the map.
static const double halfway_tolerance = 1e-9;

INLINE ptrdiff_t mirrored(ptrdiff_t n, ptrdiff_t size) {
    if (size == 1) return 0;
    const ptrdiff_t period = 2 * (size - 1);
    n = ((n % period) + period) % period;
    return n < size ? n : period - n;
}

// The coefficients of `lines` neighbouring lines whose elements are `stride` apart, a whole row of them at a time.
static void coefficients_along(float *samples, ptrdiff_t size, ptrdiff_t stride, ptrdiff_t lines) {
    const float z = (float)pole;
    if (size == 1) {
        // The gain of 6 is part of the weights.
        for (ptrdiff_t n = 0; n < lines; n++) samples[n] /= 6;
        return;
    }
    // The forward recursion starts with the sum of z^k s[k] over the mirrored line; 24 terms leave less than 1e-13.
    for (ptrdiff_t n = 0; n < lines; n++) {
        double sum = 0, power = 1;
        for (ptrdiff_t k = 0; k < 24; k++, power *= pole) sum += power * (double)samples[mirrored(k, size) * stride + n];
        samples[n] = (float)sum;
    }
    for (ptrdiff_t k = 1; k < size; k++) {
        float *row = samples + k * stride, *before = row - stride;
        for (ptrdiff_t n = 0; n < lines; n++) row[n] += z * before[n];
    }
    float *last = samples + (size - 1) * stride, *before = last - stride;
    const float end = (float)(pole / (pole * pole - 1));
    for (ptrdiff_t n = 0; n < lines; n++) last[n] = end * (z * before[n] + last[n]);
    for (ptrdiff_t k = size - 2; k >= 0; k--) {
        float *row = samples + k * stride, *after = row + stride;
        for (ptrdiff_t n = 0; n < lines; n++) row[n] = z * (after[n] - row[n]);
    }
}

void iris_spline_coefficients(float *samples, const ptrdiff_t size[3]) {
    const ptrdiff_t plane = size[0] * size[1];
    for (ptrdiff_t row = 0; row < size[1] * size[2]; row++) coefficients_along(samples + row * size[0], size[0], 1, 1);
    for (ptrdiff_t k = 0; k < size[2]; k++) coefficients_along(samples + k * plane, size[1], size[0], size[0]);
    coefficients_along(samples, size[2], plane, plane);
}

typedef float four __attribute__((ext_vector_type(4)));

INLINE four spline_weights(double fraction) {
    const float t = (float)fraction, u = 1 - t;
    return (four){u * u * u, 4 - 6 * t * t + 3 * t * t * t, 4 - 6 * u * u + 3 * u * u * u, t * t * t};
}

static float spline(const float *c, const ptrdiff_t size[3], const double place[3]) {
    ptrdiff_t first[3];
    four w[3];
    int inside = 1;
    for (int a = 0; a < 3; a++) {
        const double below = floor(place[a]);
        first[a] = (ptrdiff_t)below - 1;
        w[a] = spline_weights(place[a] - below);
        inside &= first[a] >= 0 && first[a] + 3 < size[a];
    }
    four sum = 0;
    if (inside) {
        const float *corner = c + first[0] + size[0] * (first[1] + size[1] * first[2]);
        for (int z = 0; z < 4; z++) {
            for (int y = 0; y < 4; y++) {
                four row;
                memcpy(&row, corner + size[0] * (y + size[1] * z), sizeof row);
                sum += row * (w[1][y] * w[2][z]);
            }
        }
    } else {
        for (int z = 0; z < 4; z++) {
            const ptrdiff_t k = mirrored(first[2] + z, size[2]);
            for (int y = 0; y < 4; y++) {
                const float *line = c + size[0] * (mirrored(first[1] + y, size[1]) + size[1] * k);
                four row;
                for (int x = 0; x < 4; x++) row[x] = line[mirrored(first[0] + x, size[0])];
                sum += row * (w[1][y] * w[2][z]);
            }
        }
    }
    sum *= w[0];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static float linear(const float *s, const ptrdiff_t size[3], const double place[3]) {
    ptrdiff_t low[3], high[3];
    float t[3];
    for (int a = 0; a < 3; a++) {
        const double held = fmin(fmax(place[a], 0), (double)(size[a] - 1)), below = floor(held);
        low[a] = (ptrdiff_t)below;
        high[a] = low[a] + 1 < size[a] ? low[a] + 1 : low[a];
        t[a] = (float)(held - below);
    }
    float value = 0;
    for (int corner = 0; corner < 8; corner++) {
        const int x = corner & 1, y = corner >> 1 & 1, z = corner >> 2;
        const float weight = (x ? t[0] : 1 - t[0]) * (y ? t[1] : 1 - t[1]) * (z ? t[2] : 1 - t[2]);
        const ptrdiff_t j = y ? high[1] : low[1], k = z ? high[2] : low[2];
        value += weight * s[(x ? high[0] : low[0]) + size[0] * (j + size[1] * k)];
    }
    return value;
}

INLINE ptrdiff_t nearest(const ptrdiff_t size[3], const double place[3]) {
    ptrdiff_t n[3];
    for (int a = 0; a < 3; a++) {
        n[a] = (ptrdiff_t)floor(place[a] + 0.5 + halfway_tolerance);
        n[a] = n[a] < size[a] ? n[a] : size[a] - 1;
    }
    return n[0] + size[0] * (n[1] + size[1] * n[2]);
}

// Whether the place of output voxel (i, j, k) is inside, and the place itself.
INLINE int place_of(const iris_oblique_map *map, ptrdiff_t i, ptrdiff_t j, ptrdiff_t k, double place[3]) {
    int inside = 1;
    for (int a = 0; a < 3; a++) {
        const double *row = map->matrix[a];
        place[a] = row[0] * (double)i + row[1] * (double)j + row[2] * (double)k + row[3];
        inside &= place[a] > -0.5 && place[a] < (double)map->source[a] - 0.5;
    }
    return inside;
}

void iris_resample_oblique(const float *source, const iris_oblique_map *map, iris_interpolation interpolation, float outside,
                           float *output) {
    for (ptrdiff_t k = 0; k < map->output[2]; k++) {
        for (ptrdiff_t j = 0; j < map->output[1]; j++) {
            for (ptrdiff_t i = 0; i < map->output[0]; i++, output++) {
                double place[3];
                if (!place_of(map, i, j, k, place))
                    *output = outside;
                else if (interpolation == IRIS_SPLINE)
                    *output = spline(source, map->source, place);
                else if (interpolation == IRIS_LINEAR)
                    *output = linear(source, map->source, place);
                else
                    *output = source[nearest(map->source, place)];
            }
        }
    }
}

void iris_pick_labels_oblique(const uint8_t *source, const iris_oblique_map *map, uint8_t *output) {
    for (ptrdiff_t k = 0; k < map->output[2]; k++) {
        for (ptrdiff_t j = 0; j < map->output[1]; j++) {
            for (ptrdiff_t i = 0; i < map->output[0]; i++, output++) {
                double place[3];
                *output = place_of(map, i, j, k, place) ? source[nearest(map->source, place)] : 0;
            }
        }
    }
}
