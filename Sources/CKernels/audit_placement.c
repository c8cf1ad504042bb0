#include <math.h>
#include <string.h>

#include "iris_audit.h"
#include "iris_instruction_set.h"
#include "vector16.h"

// Which axis of the first scan each axis of the second runs along, for every eight symmetries.
static const int axis_orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

enum { MOST_PAIRS = 2048, SLOTS = 2 * MOST_PAIRS, PADDED = MOST_PAIRS + 16 };

// Places, or the shifts between pairs of them, axis by axis. What fills up the last sixteen lies far from everything.
typedef struct places {
    float at[3][PADDED];
} places;

static const float nowhere = 1e30f;

// The cells of shifts in a grid, and how many shifts share the one that was first there.
typedef struct slot {
    int32_t cell[3], count, first;
} slot;

VECTOR16 void load_cell(const i32x16 cells[3][PADDED / 16], int64_t n, int32_t cell[3]) {
    for (int a = 0; a < 3; a++) memcpy(&cell[a], (const int32_t *)cells[a] + n, sizeof *cell);
}

// Sums of the shifts of chosen lanes, and their number.
typedef struct tally {
    f32x16 sum[3];
    i32x16 count;
} tally;

VECTOR16 int64_t middle_of(const tally *t, float middle[3]) {
    int64_t count = -(int64_t)__builtin_reduce_add(t->count);
    for (int a = 0; a < 3 && count > 0; a++) {
        double sum = 0;
        for (int l = 0; l < 16; l++) sum += t->sum[a][l];
        middle[a] = (float)(sum / (double)count);
    }
    return count;
}

VECTOR16 void add_lanes(tally *t, i32x16 lanes, const f32x16 shift[3]) {
    t->count += lanes;
    for (int a = 0; a < 3; a++) t->sum[a] += select16(lanes, shift[a], (f32x16)0);
}

// The shift that most others lie within `reach` of, starting from the fullest cell of a grid, and how many do.
VECTOR16 int64_t consensus(const places *shifts, int64_t count, float reach, int64_t beaten, float middle[3]) {
    i32x16 cells[3][PADDED / 16];
    slot table[SLOTS];
    const float per_cell = 1 / (2 * reach);
    const int64_t vectors = (count + 15) / 16;
    for (int a = 0; a < 3; a++)
        for (int64_t v = 0; v < vectors; v++)
            // Numbered from far below 0, where a conversion rounds down.
            cells[a][v] = __builtin_convertvector(
                min16(load16(shifts->at[a] + 16 * v) * per_cell + 0x100000, (f32x16)0x400000), i32x16);
    int64_t slots = 64;
    while (slots < 2 * count) slots *= 2;
    memset(table, 0, sizeof *table * (size_t)slots);
    slot fullest = {.count = 0};
    for (int64_t n = 0; n < count; n++) {
        int32_t c[3];
        load_cell(cells, n, c);
        uint32_t hash = (uint32_t)c[0] * 0x9e3779b1u ^ (uint32_t)c[1] * 0x85ebca77u ^ (uint32_t)c[2] * 0xc2b2ae3du;
        int64_t at = (hash ^ hash >> 15) & (slots - 1);
        while (table[at].count && memcmp(table[at].cell, c, sizeof c)) at = (at + 1) & (slots - 1);
        if (!table[at].count) table[at] = (slot){{c[0], c[1], c[2]}, 0, (int32_t)n};
        table[at].count++;
        if (table[at].count > fullest.count || (table[at].count == fullest.count && table[at].first < fullest.first))
            fullest = table[at];
    }
    // The ball around the middle reaches into the seven cells around at most.
    if (8 * (int64_t)fullest.count <= beaten) return 0;
    tally own = {0};
    for (int64_t v = 0; v < vectors; v++) {
        i32x16 lanes = -1;
        f32x16 shift[3];
        for (int a = 0; a < 3; a++) {
            lanes &= cells[a][v] == fullest.cell[a];
            shift[a] = load16(shifts->at[a] + 16 * v);
        }
        add_lanes(&own, lanes, shift);
    }
    middle_of(&own, middle);
    int64_t agreeing = 0;
    for (int turn = 0; turn < 4; turn++) {
        tally near = {0};
        for (int64_t v = 0; v < vectors; v++) {
            f32x16 shift[3], away = 0;
            for (int a = 0; a < 3; a++) {
                shift[a] = load16(shifts->at[a] + 16 * v);
                away += (shift[a] - middle[a]) * (shift[a] - middle[a]);
            }
            add_lanes(&near, away <= reach * reach, shift);
        }
        int64_t found = middle_of(&near, middle);
        if (found == 0) break;
        agreeing = found;
    }
    return agreeing;
}

VECTOR16 int64_t best_placement(const float *first, const float *second, int64_t count, float reach, int *symmetry,
                                double shift[3]) {
    places one, other, shifts;
    count = count < MOST_PAIRS ? count : MOST_PAIRS;
    for (int a = 0; a < 3; a++)
        for (int64_t n = 0; n < count + 16; n++) {
            one.at[a][n] = n < count ? first[3 * n + a] : nowhere;
            other.at[a][n] = n < count ? second[3 * n + a] : 0;
        }
    int64_t best = 0;
    for (int s = 0; s < 48; s++) {
        for (int a = 0; a < 3; a++) {
            const int along = axis_orders[s / 8][a];
            const float sign = s >> a & 1 ? -1 : 1;
            for (int64_t n = 0; n < count; n += 16)
                store16(shifts.at[along] + n, load16(one.at[along] + n) - sign * load16(other.at[a] + n));
        }
        float middle[3];
        int64_t agreeing = consensus(&shifts, count, reach, best, middle);
        if (agreeing > best) {
            best = agreeing;
            *symmetry = s;
            for (int a = 0; a < 3; a++) shift[a] = middle[a];
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
    }                                                                                                                  \
    static int64_t name##_placement(const float *a, const float *b, int64_t count, float reach, int *symmetry,         \
                                    double shift[3]) {                                                                 \
        return best_placement(a, b, count, reach, symmetry, shift);                                                    \
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

int64_t iris_best_placement(const float *first, const float *second, int64_t count, float reach, int *symmetry,
                            double shift[3]) {
#if defined(__x86_64__)
    switch (iris_instruction_set_in_use()) {
    case IRIS_AVX512: return avx512_placement(first, second, count, reach, symmetry, shift);
    case IRIS_AVX2: return avx2_placement(first, second, count, reach, symmetry, shift);
    default: break;
    }
#endif
    return portable_placement(first, second, count, reach, symmetry, shift);
}
