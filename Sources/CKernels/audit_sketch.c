#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "iris_audit.h"
#include "iris_instruction_set.h"

enum { NEIGHBOURS = 26, BINS = 256 };

// The 48 permutations of the 26 neighbours that flips and axis permutations make, filled once.
static uint8_t symmetries[48][NEIGHBOURS];
static pthread_once_t symmetries_once = PTHREAD_ONCE_INIT;

static void fill_symmetries(void) {
    static const int8_t axes[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int g = 0; g < 48; g++) {
        int n = 0;
        for (int c = 0; c < 27; c++) {
            if (c == 13) continue;
            int d[3] = {c % 3 - 1, c / 3 % 3 - 1, c / 9 - 1}, e[3];
            for (int a = 0; a < 3; a++) e[a] = d[axes[g >> 3][a]] * (g >> a & 1 ? -1 : 1);
            int other = (e[0] + 1) + 3 * (e[1] + 1) + 9 * (e[2] + 1);
            symmetries[g][n++] = (uint8_t)(other > 13 ? other - 1 : other);
        }
    }
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

// Marks with 1 the values of a run that are above their neighbours and those two steps away along i: few are left.
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

// A local maximum with the levels of its neighbours, and the part of its hash that is known without turning them.
typedef struct peak {
    uint64_t key;
    uint8_t level[NEIGHBOURS];
} peak;

// The bits of a hash that come from `least_code`; those above come from the key. So keys tell which hashes are small, and most
// peaks need no code.
static const uint64_t code_bits = 0xffffffffffull;

// Fills in a peak; 0 for one that looks alike all round, which says little about the scan.
static int describe_peak(const float *p, const int64_t neighbours[NEIGHBOURS], peak *result) {
    // Faces, edges and corners of the cube around it, which flips and permutations keep apart.
    static const uint8_t kinds[NEIGHBOURS] = {2, 1, 2, 1, 0, 1, 2, 1, 2, 1, 0, 1, 0, 0, 1, 0, 1, 2, 1, 2, 1, 0, 1, 2, 1, 2};
    float depth[NEIGHBOURS], mean = 0;
    for (int n = 0; n < NEIGHBOURS; n++) {
        depth[n] = *p - p[neighbours[n]];
        mean += depth[n];
    }
    mean /= NEIGHBOURS;
    int levels[3] = {0, 0, 0};
    uint64_t counts = 0;
    for (int n = 0; n < NEIGHBOURS; n++) {
        int level = (depth[n] > 0.75f * mean) + (depth[n] > 1.25f * mean);
        result->level[n] = (uint8_t)level;
        levels[level]++;
        counts += (uint64_t)1 << (4 * (3 * kinds[n] + level));
    }
    if (levels[0] < 3 || levels[1] < 3 || levels[2] < 3) return 0;
    result->key = mix(counts);
    return 1;
}

// The smallest code of a peak's levels over all symmetries.
static uint64_t least_code(const uint8_t level[NEIGHBOURS]) {
    uint64_t least = ~0ull;
    for (int g = 0; g < 48; g++) {
        uint64_t code = 0;
        for (int n = 0; n < NEIGHBOURS; n++) code = code << 2 | level[symmetries[g][n]];
        least = code < least ? code : least;
    }
    return least;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// All peaks of a box, one slice at a time, since rows are short; what lies in a row's margins is passed over afterwards.
static int64_t find_peaks(const float *values, int64_t n0, int64_t n1, int64_t n2, uint8_t *flags, peak *peaks) {
    const int64_t s1 = n0, s2 = n0 * n1, run = (n1 - 4) * s1 - 4;
    int64_t neighbours[NEIGHBOURS], count = 0;
    for (int c = 0, n = 0; c < 27; c++)
        if (c != 13) neighbours[n++] = 2 * ((c % 3 - 1) + (c / 3 % 3 - 1) * s1 + (c / 9 - 1) * s2);
    for (int64_t k = 2; k < n2 - 2; k++) {
        const float *slice = values + 2 + 2 * s1 + k * s2;
        flag_peaks(slice, s1, s2, run, flags);
        for (int64_t at = 0; at < run; at += 8) {
            uint64_t eight;
            memcpy(&eight, flags + at, sizeof eight);
            for (; eight; eight &= eight - 1) {
                int64_t place = at + __builtin_ctzll(eight) / 8;
                if (place % s1 >= n0 - 4 || !is_peak(slice + place, s1, s2)) continue;
                count += describe_peak(slice + place, neighbours, &peaks[count]);
            }
        }
    }
    return count;
}

// Hashes peaks in the order of their keys until there are `most`.
static int64_t smallest_hashes(const peak *peaks, int64_t count, int64_t *order, uint64_t *hashes, int64_t most, uint64_t *bin) {
    int64_t starts[BINS + 1] = {0}, kept = 0;
    for (int64_t n = 0; n < count; n++) starts[(peaks[n].key >> 56) + 1]++;
    for (int b = 0; b < BINS; b++) starts[b + 1] += starts[b];
    int64_t next[BINS];
    memcpy(next, starts, sizeof next);
    for (int64_t n = 0; n < count; n++) order[next[peaks[n].key >> 56]++] = n;
    for (int b = 0; b < BINS && kept < most; b++) {
        int64_t held = starts[b + 1] - starts[b];
        for (int64_t n = 0; n < held; n++) {
            const peak *p = &peaks[order[starts[b] + n]];
            bin[n] = (p->key & ~code_bits) | (mix(least_code(p->level)) & code_bits);
        }
        qsort(bin, (size_t)held, sizeof *bin, ascending);
        for (int64_t n = 0; n < held && kept < most; n++)
            if (n == 0 || bin[n] != bin[n - 1]) hashes[kept++] = bin[n];
    }
    return kept;
}

int64_t iris_sketch(const float *values, int64_t n0, int64_t n1, int64_t n2, uint64_t *hashes, int64_t most) {
    if (n0 < 5 || n1 < 5 || n2 < 5) return 0;
    pthread_once(&symmetries_once, fill_symmetries);
    // Of 3 x 3 x 3 values one at most is a peak.
    int64_t capacity = ((n0 + 2) / 3) * ((n1 + 2) / 3) * ((n2 + 2) / 3);
    uint8_t *flags = calloc((size_t)(n0 * n1) + 8, 1);
    peak *peaks = malloc(sizeof *peaks * (size_t)(capacity + 1));
    int64_t *order = malloc(sizeof *order * (size_t)capacity);
    uint64_t *bin = malloc(sizeof *bin * (size_t)capacity);
    int64_t kept = -1;
    if (flags && peaks && order && bin) {
        int64_t count = find_peaks(values, n0, n1, n2, flags, peaks);
        kept = smallest_hashes(peaks, count, order, hashes, most, bin);
    }
    free(flags);
    free(peaks);
    free(order);
    free(bin);
    return kept;
}
