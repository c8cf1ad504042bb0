#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "iris_audit.h"

enum { PROBES = 3, MOST_CELLS = 512 };

// The places that a cell's average looks at along one axis.
static int probes(int64_t size, int64_t cells, int64_t *places) {
    int64_t most = size / cells;
    int per_cell = most < 1 ? 1 : most > PROBES ? PROBES : (int)most;
    for (int64_t cell = 0; cell < cells; cell++)
        for (int p = 0; p < per_cell; p++)
            places[cell * per_cell + p] = (int64_t)(((double)cell + (p + 0.5) / per_cell) * (double)size / (double)cells);
    return per_cell;
}

#define CELL_MEANS(TYPE)                                                                                               \
    do {                                                                                                               \
        const TYPE *x = voxels;                                                                                        \
        for (int64_t k = 0; k < size[2] * pk; k++)                                                                     \
            for (int64_t j = 0; j < size[1] * pj; j++) {                                                               \
                const TYPE *row = x + (at_k[k] * shape[1] + at_j[j]) * shape[0];                                       \
                float *out = cells + ((k / pk) * size[1] + j / pj) * size[0];                                          \
                for (int64_t i = 0; i < size[0]; i++)                                                                  \
                    for (int p = 0; p < pi; p++) {                                                                     \
                        float v = (float)row[at_i[i * pi + p]];                                                        \
                        out[i] += isfinite(v) ? v : 0;                                                                 \
                    }                                                                                                  \
            }                                                                                                          \
    } while (0)

void iris_cell_means(const void *voxels, iris_scalar type, const int64_t shape[3], const int64_t size[3], float *cells) {
    int64_t at_i[MOST_CELLS * PROBES], at_j[MOST_CELLS * PROBES], at_k[MOST_CELLS * PROBES];
    int pi = probes(shape[0], size[0], at_i), pj = probes(shape[1], size[1], at_j), pk = probes(shape[2], size[2], at_k);
    int64_t count = size[0] * size[1] * size[2];
    memset(cells, 0, sizeof(float) * (size_t)count);
    switch (type) {
    case IRIS_UINT8: CELL_MEANS(uint8_t); break;
    case IRIS_INT8: CELL_MEANS(int8_t); break;
    case IRIS_UINT16: CELL_MEANS(uint16_t); break;
    case IRIS_INT16: CELL_MEANS(int16_t); break;
    case IRIS_UINT32: CELL_MEANS(uint32_t); break;
    case IRIS_INT32: CELL_MEANS(int32_t); break;
    case IRIS_UINT64: CELL_MEANS(uint64_t); break;
    case IRIS_INT64: CELL_MEANS(int64_t); break;
    case IRIS_FLOAT32: CELL_MEANS(float); break;
    case IRIS_FLOAT64: CELL_MEANS(double); break;
    }
    float scale = 1.0f / (float)(pi * pj * pk);
    for (int64_t c = 0; c < count; c++) cells[c] *= scale;
}

// The mean of five neighbours along one axis, for lines of `side` cells that lie `stride` apart.
static void box_mean(const float *from, float *to, int side, int stride) {
    for (int n = 0; n < side; n++) {
        int low = n < 2 ? 0 : n - 2, high = n + 2 < side ? n + 2 : side - 1;
        float sum = 0;
        for (int m = low; m <= high; m++) sum += from[m * stride];
        to[n * stride] = sum / (float)(high - low + 1);
    }
}

int iris_detail_picture(float *cells, int side) {
    int count = side * side * side;
    float a[32 * 32 * 32], b[32 * 32 * 32];
    for (int n = 0; n < side * side; n++) box_mean(cells + n * side, a + n * side, side, 1);
    for (int k = 0; k < side; k++)
        for (int i = 0; i < side; i++) box_mean(a + k * side * side + i, b + k * side * side + i, side, side);
    for (int n = 0; n < side * side; n++) box_mean(b + n, a + n, side, side * side);
    double sum = 0, squares = 0, all = 0;
    for (int n = 0; n < count; n++) {
        b[n] = cells[n] - a[n];
        sum += b[n];
        all += (double)cells[n] * cells[n];
    }
    double mean = sum / count;
    for (int n = 0; n < count; n++) squares += (b[n] - mean) * (b[n] - mean);
    if (!(squares > 1e-12 * all)) return 0;
    double scale = 1 / sqrt(squares);
    for (int n = 0; n < count; n++) cells[n] = (float)((b[n] - mean) * scale);
    return 1;
}

// The 48 permutations of the 26 neighbours that flips and axis permutations make, filled once.
static uint8_t symmetries[48][26];
static atomic_int symmetries_ready;

static void fill_symmetries(void) {
    static const int8_t axes[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    if (atomic_load_explicit(&symmetries_ready, memory_order_acquire)) return;
    // Several threads may fill the table at once: they write the same values.
    uint8_t table[48][26];
    for (int g = 0; g < 48; g++) {
        int n = 0;
        for (int c = 0; c < 27; c++) {
            if (c == 13) continue;
            int d[3] = {c % 3 - 1, c / 3 % 3 - 1, c / 9 - 1}, e[3];
            for (int a = 0; a < 3; a++) e[a] = d[axes[g >> 3][a]] * (g >> a & 1 ? -1 : 1);
            int other = (e[0] + 1) + 3 * (e[1] + 1) + 9 * (e[2] + 1);
            table[g][n++] = (uint8_t)(other > 13 ? other - 1 : other);
        }
    }
    for (int g = 0; g < 48; g++)
        for (int n = 0; n < 26; n++) __atomic_store_n(&symmetries[g][n], table[g][n], __ATOMIC_RELAXED);
    atomic_store_explicit(&symmetries_ready, 1, memory_order_release);
}

// The finaliser of MurmurHash3 (public domain): spreads the code over 64 bits.
static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
    return x ^ (x >> 33);
}

static int is_peak(const float *p, int64_t s1, int64_t s2) {
    float v = *p;
    for (int64_t k = -2; k <= 2; k++)
        for (int64_t j = -2; j <= 2; j++) {
            const float *q = p + k * s2 + j * s1;
            for (int64_t i = -2; i <= 2; i++)
                if (!(q[i] < v) && (i | j | k)) return 0;
        }
    return 1;
}

int64_t iris_sketch(const float *values, int64_t n0, int64_t n1, int64_t n2, uint64_t *hashes, int64_t capacity) {
    fill_symmetries();
    int64_t s1 = n0, s2 = n0 * n1, count = 0;
    int64_t neighbours[26];
    for (int c = 0, n = 0; c < 27; c++)
        if (c != 13) neighbours[n++] = 2 * ((c % 3 - 1) + (c / 3 % 3 - 1) * s1 + (c / 9 - 1) * s2);
    for (int64_t k = 2; k < n2 - 2; k++)
        for (int64_t j = 2; j < n1 - 2; j++)
            for (int64_t i = 2; i < n0 - 2; i++) {
                const float *p = values + i + j * s1 + k * s2;
                float v = *p;
                // Most voxels fail one of these; what is left is looked at in full.
                if (!(p[-1] < v && p[1] < v && p[-2] < v && p[2] < v && p[s1] < v && p[-s1] < v)) continue;
                if (!is_peak(p, s1, s2)) continue;
                float depth[26], mean = 0;
                for (int n = 0; n < 26; n++) {
                    depth[n] = v - p[neighbours[n]];
                    mean += depth[n];
                }
                mean /= 26;
                int levels[3] = {0, 0, 0};
                uint8_t level[26];
                for (int n = 0; n < 26; n++) {
                    level[n] = (uint8_t)((depth[n] > 0.75f * mean) + (depth[n] > 1.25f * mean));
                    levels[level[n]]++;
                }
                // A peak that looks alike all round says little about the scan.
                if (levels[0] < 3 || levels[1] < 3 || levels[2] < 3) continue;
                uint64_t least = ~0ull;
                for (int g = 0; g < 48; g++) {
                    uint64_t code = 0;
                    for (int n = 0; n < 26; n++) code = code << 2 | level[symmetries[g][n]];
                    least = code < least ? code : least;
                }
                if (count == capacity) return count;
                hashes[count++] = mix(least);
            }
    return count;
}
