#include <math.h>
#include <string.h>

#include "iris_audit.h"
#include "iris_instruction_set.h"
#include "vector16.h"

// Which axis of the first scan each axis of the second runs along, for every eight symmetries.
static const int axis_orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

enum { SLOTS = 4096 };

// The shift that most others lie within `reach` of, starting from the fullest cell of a grid, and how many do.
static int64_t consensus(const float *shifts, int64_t count, float reach, int64_t beaten, double middle[3]) {
    static _Thread_local struct slot {
        uint64_t key;
        int32_t count, first, round;
    } table[SLOTS];
    static _Thread_local int32_t round;
    float cell = 1 / (2 * reach);
    uint64_t keys[SLOTS / 2];
    int32_t most = 0, first = 0;
    uint64_t fullest = 0;
    round++;
    for (int64_t n = 0; n < count; n++) {
        // Cells are numbered from far below 0, where a conversion rounds down.
        uint64_t key = 0;
        for (int a = 0; a < 3; a++) key = key << 21 | ((uint64_t)(int64_t)(shifts[3 * n + a] * cell + 0x100000) & 0x1fffff);
        keys[n] = key;
        uint64_t at = key * 0x9e3779b97f4a7c15ull >> 52;
        while (table[at].round == round && table[at].key != key) at = (at + 1) % SLOTS;
        if (table[at].round != round) table[at] = (struct slot){key, 0, (int32_t)n, round};
        table[at].count++;
        if (table[at].count > most || (table[at].count == most && table[at].first < first)) {
            most = table[at].count;
            first = table[at].first;
            fullest = key;
        }
    }
    // The ball around the middle reaches into the seven cells around at most.
    if (8 * (int64_t)most <= beaten) return 0;
    double sum[3] = {0, 0, 0};
    for (int64_t n = 0; n < count; n++)
        if (keys[n] == fullest)
            for (int a = 0; a < 3; a++) sum[a] += shifts[3 * n + a];
    for (int a = 0; a < 3; a++) middle[a] = sum[a] / most;
    int64_t agreeing = 0;
    for (int turn = 0; turn < 4; turn++) {
        int64_t near = 0;
        double next[3] = {0, 0, 0};
        for (int64_t n = 0; n < count; n++) {
            double away = 0;
            for (int a = 0; a < 3; a++) away += (shifts[3 * n + a] - middle[a]) * (shifts[3 * n + a] - middle[a]);
            if (away > (double)reach * reach) continue;
            near++;
            for (int a = 0; a < 3; a++) next[a] += shifts[3 * n + a];
        }
        if (near == 0) break;
        agreeing = near;
        for (int a = 0; a < 3; a++) middle[a] = next[a] / (double)near;
    }
    return agreeing;
}

int64_t iris_best_placement(const float *first, const float *second, int64_t count, float reach, float *scratch,
                            int *symmetry, double shift[3]) {
    int64_t best = 0;
    if (count > SLOTS / 2) count = SLOTS / 2;
    for (int s = 0; s < 48; s++) {
        const int *order = axis_orders[s / 8];
        for (int64_t n = 0; n < count; n++)
            for (int a = 0; a < 3; a++) {
                float there = second[3 * n + a];
                scratch[3 * n + order[a]] = first[3 * n + order[a]] - (s >> a & 1 ? -there : there);
            }
        double middle[3];
        int64_t agreeing = consensus(scratch, count, reach, best, middle);
        if (agreeing > best) {
            best = agreeing;
            *symmetry = s;
            memcpy(shift, middle, sizeof middle);
        }
    }
    return best;
}

enum { SIDE = IRIS_PICTURE_SIDE };

VECTOR16 float picture_correlation(const float *first, const float *second, int *symmetry) {
    float best = -INFINITY, turned[SIDE * SIDE * SIDE];
    for (int s = 0; s < 48; s += 8) {
        // Axis a of `turned` runs along axis order[a] of the first picture.
        const int *order = axis_orders[s / 8], strides[3] = {1, SIDE, SIDE * SIDE};
        const int si = strides[order[0]], sj = strides[order[1]], sk = strides[order[2]];
        for (int k = 0; k < SIDE; k++)
            for (int j = 0; j < SIDE; j++)
                for (int i = 0; i < SIDE; i++) turned[i + SIDE * (j + SIDE * k)] = first[i * si + j * sj + k * sk];
        f32x16 sums[8] = {0};
        for (int k = 0; k < SIDE; k++)
            for (int j = 0; j < SIDE; j++) {
                f32x16 a = load16(turned + SIDE * (j + SIDE * k));
                f32x16 mirrored = a.sfedcba9876543210;
                for (int flips = 0; flips < 8; flips += 2) {
                    int y = flips & 2 ? SIDE - 1 - j : j, z = flips & 4 ? SIDE - 1 - k : k;
                    f32x16 b = load16(second + SIDE * (y + SIDE * z));
                    sums[flips] += a * b;
                    sums[flips + 1] += mirrored * b;
                }
            }
        for (int flips = 0; flips < 8; flips++) {
            float sum = 0;
            for (int l = 0; l < 16; l++) sum += sums[flips][l];
            if (sum > best) {
                best = sum;
                *symmetry = s + flips;
            }
        }
    }
    return best;
}

// Sixteen of the first scan's landmarks at a time against each of the second's.
VECTOR16 void match_landmarks(const float *first, int64_t first_count, const float *second, int64_t second_count,
                              float limit, float *scratch, int32_t *partners) {
    int64_t padded = (first_count + 15) / 16 * 16;
    for (int64_t n = 0; n < padded; n++)
        for (int a = 0; a < IRIS_LANDMARK_NUMBERS; a++)
            scratch[a * padded + n] = n < first_count ? first[n * IRIS_NEIGHBOUR_NUMBERS + a] : 1e6f;
    for (int64_t m = 0; m < second_count; m++) {
        const float *wanted = second + m * IRIS_NEIGHBOUR_NUMBERS;
        f32x16 nearest = limit;
        i32x16 partner = -1;
        for (int64_t n = 0; n < padded; n += 16) {
            f32x16 sum = 0;
            for (int a = 0; a < IRIS_LANDMARK_NUMBERS; a++) {
                f32x16 difference = load16(scratch + a * padded + n) - wanted[a];
                sum += difference * difference;
            }
            i32x16 nearer = sum < nearest;
            nearest = select16(nearer, sum, nearest);
            partner = (nearer & ((int32_t)n + lanes16())) | (~nearer & partner);
        }
        float least = limit;
        partners[m] = -1;
        for (int l = 0; l < 16; l++)
            if (partner[l] >= 0 && (nearest[l] < least || (nearest[l] == least && partner[l] < partners[m]))) {
                least = nearest[l];
                partners[m] = partner[l];
            }
    }
}

#define VARIANT(name)                                                                                                  \
    static float name##_pictures(const float *a, const float *b, int *symmetry) {                                      \
        return picture_correlation(a, b, symmetry);                                                                    \
    }                                                                                                                  \
    static void name##_match(const float *a, int64_t m, const float *b, int64_t n, float limit, float *scratch,        \
                             int32_t *partners) {                                                                      \
        match_landmarks(a, m, b, n, limit, scratch, partners);                                                         \
    }

VARIANT(portable)
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
VARIANT(avx2)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
VARIANT(avx512)
#pragma clang attribute pop
#endif

float iris_picture_correlation(const float *first, const float *second, int *symmetry) {
#if defined(__x86_64__)
    switch (iris_instruction_set_in_use()) {
    case IRIS_AVX512: return avx512_pictures(first, second, symmetry);
    case IRIS_AVX2: return avx2_pictures(first, second, symmetry);
    default: break;
    }
#endif
    return portable_pictures(first, second, symmetry);
}

void iris_match_landmarks(const float *first, int64_t first_count, const float *second, int64_t second_count, float limit,
                          float *scratch, int32_t *partners) {
#if defined(__x86_64__)
    switch (iris_instruction_set_in_use()) {
    case IRIS_AVX512: avx512_match(first, first_count, second, second_count, limit, scratch, partners); return;
    case IRIS_AVX2: avx2_match(first, first_count, second, second_count, limit, scratch, partners); return;
    default: break;
    }
#endif
    portable_match(first, first_count, second, second_count, limit, scratch, partners);
}
