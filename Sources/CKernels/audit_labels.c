#include "iris_audit.h"

#include <math.h>
#include <string.h>

#include "iris_instruction_set.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

iris_label_faults iris_label_faults_none(void) {
    return (iris_label_faults){.first_fractional = -1, .first_negative = -1, .first_above = -1, .first_special = -1};
}

static void count_fault(iris_label_faults *f, double v, int64_t index) {
    if (!isfinite(v)) {
        if (f->special++ == 0) f->first_special = index;
    } else if (fabs(v - rint(v)) > 1e-6) {
        if (f->fractional++ == 0) {
            f->first_fractional = index;
            f->example = v;
        }
    } else if (v < 0) {
        if (f->negative++ == 0) f->first_negative = index;
        f->lowest = v < f->lowest ? v : f->lowest;
    } else {
        if (f->above++ == 0) f->first_above = index;
        f->highest = v > f->highest ? v : f->highest;
    }
}

// One value; returns its label, or 0 when it is none.
static uint8_t label_of(double v, int64_t index, iris_label_faults *f) {
    double whole = rint(v);
    if (whole >= 0 && whole <= 255 && fabs(v - whole) <= 1e-6) return (uint8_t)whole;
    count_fault(f, v, index);
    return 0;
}

#define BLOCK 4096

// The common block holds only labels: one vectorised pass writes and checks it.
#define LABEL_BYTES(NAME, TYPE)                                                                                        \
    static void NAME(const TYPE *x, int64_t count, int64_t offset, double slope, double intercept, uint8_t *labels,    \
                     iris_label_faults *f) {                                                                           \
        int plain = slope == 1 && intercept == 0;                                                                      \
        for (int64_t at = 0; at < count; at += BLOCK) {                                                                \
            int64_t n = count - at < BLOCK ? count - at : BLOCK;                                                       \
            int bad = !plain;                                                                                          \
            if (plain)                                                                                                 \
                for (int64_t i = at; i < at + n; i++) {                                                                \
                    TYPE v = x[i] >= (TYPE)0 && x[i] <= (TYPE)255 ? x[i] : (TYPE)0;                                    \
                    labels[i] = (uint8_t)v;                                                                            \
                    bad |= (TYPE)labels[i] != x[i];                                                                    \
                }                                                                                                      \
            if (bad)                                                                                                   \
                for (int64_t i = at; i < at + n; i++)                                                                  \
                    labels[i] = label_of((double)x[i] * slope + intercept, offset + i, f);                             \
        }                                                                                                              \
    }

// (int8_t)255 is -1, so bytes with a sign get a loop of their own.
static void bytes_i8(const int8_t *x, int64_t count, int64_t offset, double slope, double intercept, uint8_t *labels,
                     iris_label_faults *f) {
    for (int64_t i = 0; i < count; i++) labels[i] = label_of(x[i] * slope + intercept, offset + i, f);
}
LABEL_BYTES(bytes_u8, uint8_t)
LABEL_BYTES(bytes_u16, uint16_t)
LABEL_BYTES(bytes_i16, int16_t)
LABEL_BYTES(bytes_u32, uint32_t)
LABEL_BYTES(bytes_i32, int32_t)
LABEL_BYTES(bytes_u64, uint64_t)
LABEL_BYTES(bytes_i64, int64_t)
LABEL_BYTES(bytes_f32, float)
LABEL_BYTES(bytes_f64, double)

void iris_label_bytes(const void *voxels, iris_scalar type, int64_t count, int64_t offset, double slope,
                      double intercept, uint8_t *labels, iris_label_faults *faults) {
    switch (type) {
    case IRIS_UINT8: bytes_u8(voxels, count, offset, slope, intercept, labels, faults); break;
    case IRIS_INT8: bytes_i8(voxels, count, offset, slope, intercept, labels, faults); break;
    case IRIS_UINT16: bytes_u16(voxels, count, offset, slope, intercept, labels, faults); break;
    case IRIS_INT16: bytes_i16(voxels, count, offset, slope, intercept, labels, faults); break;
    case IRIS_UINT32: bytes_u32(voxels, count, offset, slope, intercept, labels, faults); break;
    case IRIS_INT32: bytes_i32(voxels, count, offset, slope, intercept, labels, faults); break;
    case IRIS_UINT64: bytes_u64(voxels, count, offset, slope, intercept, labels, faults); break;
    case IRIS_INT64: bytes_i64(voxels, count, offset, slope, intercept, labels, faults); break;
    case IRIS_FLOAT32: bytes_f32(voxels, count, offset, slope, intercept, labels, faults); break;
    case IRIS_FLOAT64: bytes_f64(voxels, count, offset, slope, intercept, labels, faults); break;
    }
}

// Bit x of the result: whether label x of `n` (1 to 64) differs from the one before it. `before` stands before label 0.
typedef uint64_t changes_function(const uint8_t *p, int n, uint8_t before);

static uint64_t changes_portable(const uint8_t *p, int n, uint8_t before) {
    uint64_t mask = 0;
    if (n == 64 && before == 0) {
        uint64_t words[8];
        memcpy(words, p, 64);
        if ((words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7]) == 0) return 0;
    }
    for (int x = 0; x < n; x++) {
        mask |= (uint64_t)(p[x] != before) << x;
        before = p[x];
    }
    return mask;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static uint64_t changes_avx2(const uint8_t *p, int n, uint8_t before) {
    if (n < 64) return changes_portable(p, n, before);
    // Labels 1 ... 63 against those before them: the last lane of each load would reach beyond, so it is compared apart.
    __m256i a = _mm256_loadu_si256((const __m256i *)p), b = _mm256_loadu_si256((const __m256i *)(p + 32));
    __m256i a1 = _mm256_loadu_si256((const __m256i *)(p + 1));
    uint64_t low = ~(uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a1, a)) & 0xffffffffu;  // labels 1 ... 32
    __m256i b1 = _mm256_loadu_si256((const __m256i *)(p + 31));
    uint64_t high = ~(uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, b1)) & 0xffffffffu;  // labels 32 ... 63
    return low << 1 | high << 32 | (uint64_t)(p[0] != before);
}

__attribute__((target("avx512f,avx512bw"))) static uint64_t changes_avx512(const uint8_t *p, int n, uint8_t before) {
    __mmask64 wanted = n == 64 ? ~0ull : (1ull << n) - 1;
    __m512i here = _mm512_maskz_loadu_epi8(wanted, p);
    // The first lane has nothing before it in this piece: it is masked out and compared apart.
    __m512i earlier = _mm512_maskz_loadu_epi8(wanted & ~1ull, p - 1);
    return _mm512_mask_cmpneq_epu8_mask(wanted & ~1ull, here, earlier) | (uint64_t)(p[0] != before);
}
#endif

#define RUNS(NAME, CHANGES)                                                                                            \
    static int64_t NAME(const uint8_t *labels, int64_t ni, int64_t rows, uint32_t first_row, iris_label_run *runs,     \
                        int64_t capacity, int64_t *done) {                                                             \
        int64_t count = 0, row = 0;                                                                                    \
        for (; row < rows; row++) {                                                                                    \
            if (capacity - count < ni) break;                                                                          \
            const uint8_t *p = labels + row * ni;                                                                      \
            uint8_t before = 0;                                                                                        \
            for (int64_t at = 0; at < ni; at += 64) {                                                                  \
                int n = ni - at < 64 ? (int)(ni - at) : 64;                                                            \
                uint64_t changes = CHANGES(p + at, n, before);                                                         \
                while (changes) {                                                                                      \
                    int64_t x = at + __builtin_ctzll(changes);                                                         \
                    changes &= changes - 1;                                                                            \
                    if (before) runs[count++].end = (uint32_t)x;                                                       \
                    before = p[x];                                                                                     \
                    if (before) {                                                                                      \
                        runs[count].row = first_row + (uint32_t)row;                                                   \
                        runs[count].start = (uint32_t)x;                                                               \
                        runs[count].value = before;                                                                    \
                    }                                                                                                  \
                }                                                                                                      \
            }                                                                                                          \
            if (before) runs[count++].end = (uint32_t)ni;                                                              \
        }                                                                                                              \
        *done = row;                                                                                                   \
        return count;                                                                                                  \
    }

RUNS(runs_portable, changes_portable)
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
RUNS(runs_avx2, changes_avx2)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,bmi,bmi2"))), apply_to = function)
RUNS(runs_avx512, changes_avx512)
#pragma clang attribute pop
#endif

int64_t iris_label_runs(const uint8_t *labels, int64_t ni, int64_t rows, uint32_t first_row, iris_label_run *runs,
                        int64_t capacity, int64_t *done) {
#if defined(__x86_64__)
    switch (iris_instruction_set_in_use()) {
    case IRIS_AVX512: return runs_avx512(labels, ni, rows, first_row, runs, capacity, done);
    case IRIS_AVX2: return runs_avx2(labels, ni, rows, first_row, runs, capacity, done);
    default: break;
    }
#endif
    return runs_portable(labels, ni, rows, first_row, runs, capacity, done);
}

static uint32_t root(uint32_t *parents, uint32_t run) {
    while (parents[run] != run) run = parents[run] = parents[parents[run]];
    return run;
}

// The smaller index becomes the root, so a root is always the first run of its component.
static void join(uint32_t *parents, uint32_t a, uint32_t b) {
    a = root(parents, a);
    b = root(parents, b);
    if (a < b) parents[b] = a;
    else parents[a] = b;
}

void iris_label_components(const iris_label_run *runs, int64_t count, int64_t nj, uint32_t *parents) {
    for (int64_t r = 0; r < count; r++) parents[r] = (uint32_t)r;
    // Earlier rows that touch a row: the one before it in the slice, and three in the slice before.
    const int64_t back[4] = {1, nj + 1, nj, nj - 1};
    int64_t pointer[4] = {0, 0, 0, 0};
    for (int64_t first = 0; first < count;) {
        int64_t row = runs[first].row, after = first;
        while (after < count && runs[after].row == row) after++;
        int64_t j = row % nj;
        for (int d = 0; d < 4; d++) {
            if ((d == 0 || d == 1) && j == 0) continue;
            if (d == 3 && j == nj - 1) continue;
            int64_t other = row - back[d], p = pointer[d];
            if (other < 0) continue;
            while (p < first && runs[p].row < other) p++;
            pointer[d] = p;
            for (int64_t r = first; r < after; r++) {
                while (p < first && runs[p].row == other && runs[p].end < runs[r].start) p++;
                // The last of these may touch the next run too, so `p` stays.
                for (int64_t q = p; q < first && runs[q].row == other && runs[q].start <= runs[r].end; q++)
                    if (runs[q].value == runs[r].value) join(parents, (uint32_t)q, (uint32_t)r);
            }
        }
        first = after;
    }
    for (int64_t r = 0; r < count; r++) parents[r] = root(parents, (uint32_t)r);
}
