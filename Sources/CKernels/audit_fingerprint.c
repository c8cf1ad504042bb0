#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "iris_audit.h"
#include "iris_instruction_set.h"

enum { PROBES = 3, MOST_CELLS = 512 };

// The places that a cell's average looks at along one axis, `most` at most.
static int probes(int64_t size, int64_t cells, int most, int64_t *places) {
    int64_t voxels = size / cells;
    int per_cell = voxels < 1 ? 1 : voxels > most ? most : (int)voxels;
    for (int64_t cell = 0; cell < cells; cell++)
        for (int p = 0; p < per_cell; p++)
            places[cell * per_cell + p] = (int64_t)(((double)cell + (p + 0.5) / per_cell) * (double)size / (double)cells);
    return per_cell;
}

// SUM is the type that a cell's probes are added in: exact and quick for narrow integers, of which there are 27 at most.
// All rows of a row of cells are walked together, so that the places along i are looked up once for them.
#define CELL_ROW(SUM, VALUE, PER_ROW, ROWS)                                                                            \
    for (int64_t i = 0; i < size[0]; i++) {                                                                            \
        SUM sum = 0;                                                                                                   \
        for (int p = 0; p < (PER_ROW); p++) {                                                                          \
            int64_t at = at_i[(PER_ROW) * i + p];                                                                      \
            for (int r = 0; r < (ROWS); r++) sum += (SUM)VALUE(rows[r][at]);                                           \
        }                                                                                                              \
        out[i] = (float)sum * scale;                                                                                   \
    }
#define CELL_MEANS(TYPE, SUM, VALUE)                                                                                   \
    do {                                                                                                               \
        int count = pj * pk;                                                                                           \
        for (int64_t k = 0; k < size[2]; k++)                                                                          \
            for (int64_t j = 0; j < size[1]; j++) {                                                                    \
                const TYPE *rows[PROBES * PROBES];                                                                     \
                float *out = cells + (k * size[1] + j) * size[0];                                                      \
                for (int r = 0; r < count; r++)                                                                        \
                    rows[r] = (const TYPE *)voxels +                                                                   \
                              (at_k[k * pk + r / pj] * shape[1] + at_j[j * pj + r % pj]) * shape[0];                   \
                if (pi == 2 && count == 4) CELL_ROW(SUM, VALUE, 2, 4)                                                  \
                else if (pi == 3 && count == 9) CELL_ROW(SUM, VALUE, 3, 9)                                             \
                else CELL_ROW(SUM, VALUE, pi, count)                                                                   \
            }                                                                                                          \
    } while (0)
#define WHOLE(v) (v)
#define FINITE(v) (isfinite((float)(v)) ? (float)(v) : 0.0f)

void iris_cell_means(const void *voxels, iris_scalar type, const int64_t shape[3], const int64_t size[3], int most,
                     float *cells) {
    int64_t at_i[MOST_CELLS * PROBES], at_j[MOST_CELLS * PROBES], at_k[MOST_CELLS * PROBES];
    most = most < 1 ? 1 : most > PROBES ? PROBES : most;
    int pi = probes(shape[0], size[0], most, at_i), pj = probes(shape[1], size[1], most, at_j);
    int pk = probes(shape[2], size[2], most, at_k);
    float scale = 1.0f / (float)(pi * pj * pk);
    switch (type) {
    case IRIS_UINT8: CELL_MEANS(uint8_t, int32_t, WHOLE); break;
    case IRIS_INT8: CELL_MEANS(int8_t, int32_t, WHOLE); break;
    case IRIS_UINT16: CELL_MEANS(uint16_t, int32_t, WHOLE); break;
    case IRIS_INT16: CELL_MEANS(int16_t, int32_t, WHOLE); break;
    case IRIS_UINT32: CELL_MEANS(uint32_t, float, WHOLE); break;
    case IRIS_INT32: CELL_MEANS(int32_t, float, WHOLE); break;
    case IRIS_UINT64: CELL_MEANS(uint64_t, float, WHOLE); break;
    case IRIS_INT64: CELL_MEANS(int64_t, float, WHOLE); break;
    case IRIS_FLOAT32: CELL_MEANS(float, float, FINITE); break;
    case IRIS_FLOAT64: CELL_MEANS(double, float, FINITE); break;
    }
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

// Marks with 1 the values of a row that are above their neighbours and those two steps away along the row: few are left.
#define FLAG_PEAKS(NAME)                                                                                               \
    static void NAME(const float *row, int64_t s1, int64_t s2, int64_t n, uint8_t *flags) {                            \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const float *p = row + i;                                                                                  \
            float v = p[0];                                                                                            \
            int above = (v > p[1]) & (v > p[-1]) & (v > p[2]) & (v > p[-2]);                                            \
            const int64_t rows[8] = {s1, -s1, s2, -s2, s1 + s2, s1 - s2, s2 - s1, -s1 - s2};                           \
            for (int r = 0; r < 8; r++) {                                                                              \
                const float *q = p + rows[r];                                                                          \
                above &= (v > q[-1]) & (v > q[0]) & (v > q[1]);                                                        \
            }                                                                                                          \
            flags[i] = (uint8_t)above;                                                                                 \
        }                                                                                                              \
    }
FLAG_PEAKS(flag_peaks_portable)
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
FLAG_PEAKS(flag_peaks_avx2)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
FLAG_PEAKS(flag_peaks_avx512)
#pragma clang attribute pop
#endif

static void flag_peaks(const float *row, int64_t s1, int64_t s2, int64_t n, uint8_t *flags) {
#if defined(__x86_64__)
    switch (iris_instruction_set_in_use()) {
    case IRIS_AVX512: flag_peaks_avx512(row, s1, s2, n, flags); return;
    case IRIS_AVX2: flag_peaks_avx2(row, s1, s2, n, flags); return;
    default: break;
    }
#endif
    flag_peaks_portable(row, s1, s2, n, flags);
}

// The hash of a peak's surroundings; 0 for one that looks alike all round, which says little about the scan.
static uint64_t peak_hash(const float *p, const int64_t neighbours[26]) {
    float depth[26], mean = 0;
    for (int n = 0; n < 26; n++) {
        depth[n] = *p - p[neighbours[n]];
        mean += depth[n];
    }
    mean /= 26;
    int levels[3] = {0, 0, 0};
    uint8_t level[26];
    for (int n = 0; n < 26; n++) {
        level[n] = (uint8_t)((depth[n] > 0.75f * mean) + (depth[n] > 1.25f * mean));
        levels[level[n]]++;
    }
    if (levels[0] < 3 || levels[1] < 3 || levels[2] < 3) return 0;
    uint64_t least = ~0ull;
    for (int g = 0; g < 48; g++) {
        uint64_t code = 0;
        for (int n = 0; n < 26; n++) code = code << 2 | level[symmetries[g][n]];
        least = code < least ? code : least;
    }
    return mix(least);
}

int64_t iris_sketch(const float *values, int64_t n0, int64_t n1, int64_t n2, uint64_t *hashes, int64_t capacity) {
    enum { PIECE = 512 };
    fill_symmetries();
    int64_t s1 = n0, s2 = n0 * n1, count = 0;
    int64_t neighbours[26];
    uint8_t flags[PIECE];
    for (int c = 0, n = 0; c < 27; c++)
        if (c != 13) neighbours[n++] = 2 * ((c % 3 - 1) + (c / 3 % 3 - 1) * s1 + (c / 9 - 1) * s2);
    for (int64_t k = 2; k < n2 - 2; k++)
        for (int64_t j = 2; j < n1 - 2; j++)
            for (int64_t from = 2; from < n0 - 2; from += PIECE) {
                const float *row = values + from + j * s1 + k * s2;
                int64_t n = n0 - 2 - from < PIECE ? n0 - 2 - from : PIECE;
                flag_peaks(row, s1, s2, n, flags);
                for (int64_t i = 0; i < n; i++) {
                    if (!flags[i] || !is_peak(row + i, s1, s2)) continue;
                    uint64_t hash = peak_hash(row + i, neighbours);
                    if (hash == 0) continue;
                    if (count == capacity) return count;
                    hashes[count++] = hash;
                }
            }
    return count;
}
