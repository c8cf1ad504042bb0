#include "iris_reorient.h"

#include <stdint.h>
#include <string.h>

// Where the source's fastest axis becomes the destination's j or k axis, square tiles go through a small buffer: rows of
// a tile are copied in along the source's fastest axis and out along the destination's. Straight from array to array, the
// tile's rows would evict each other from the cache, because sizes such as 512 put them all in the same cache set.
#define TILE 64

// Vectors of 16 bytes, which every x86-64 and ARMv8 processor has, hold N elements. Interleaving the first and second
// halves of N vectors log2(N) times transposes an N x N block.
#define DEFINE(NAME, TYPE, N, ROUNDS, LOW, HIGH)                                                                      \
    typedef TYPE NAME##_vector __attribute__((vector_size(16)));                                                      \
    enum { NAME##_pitch = TILE + N };                                                                                 \
    /* Copies a row, backwards when the source's step is -1. */                                                       \
    static inline void NAME##_row(const TYPE *source, TYPE *restrict destination, size_t n, ptrdiff_t step) {         \
        if (step == 1) {                                                                                              \
            memcpy(destination, source, n * sizeof(TYPE));                                                            \
        } else {                                                                                                      \
            const TYPE *first = source - (n - 1);                                                                     \
            for (size_t i = 0; i < n; i++) destination[i] = first[n - 1 - i];                                         \
        }                                                                                                             \
    }                                                                                                                 \
    static inline void NAME##_block(const TYPE *tile, TYPE *restrict destination, size_t stride) {                    \
        NAME##_vector a[N], b[N];                                                                                     \
        for (int n = 0; n < N; n++) memcpy(&a[n], tile + n * NAME##_pitch, 16);                                       \
        _Pragma("clang loop unroll(full)") for (int round = 0; round < ROUNDS; round++) {                             \
            for (int n = 0; n < N / 2; n++) {                                                                         \
                b[2 * n] = __builtin_shufflevector(a[n], a[n + N / 2], LOW);                                          \
                b[2 * n + 1] = __builtin_shufflevector(a[n], a[n + N / 2], HIGH);                                     \
            }                                                                                                         \
            memcpy(a, b, sizeof a);                                                                                   \
        }                                                                                                             \
        for (int n = 0; n < N; n++) memcpy(destination + (size_t)n * stride, &a[n], 16);                              \
    }                                                                                                                 \
    /* Writes the columns of a tile as rows. */                                                                       \
    static void NAME##_columns(const TYPE *tile, TYPE *restrict destination, size_t rows, size_t columns,             \
                               size_t stride) {                                                                       \
        size_t whole_rows = rows / N * N, whole_columns = columns / N * N;                                            \
        for (size_t c = 0; c < whole_columns; c += N)                                                                 \
            for (size_t r = 0; r < whole_rows; r += N)                                                                \
                NAME##_block(tile + r * NAME##_pitch + c, destination + c * stride + r, stride);                      \
        for (size_t c = 0; c < columns; c++)                                                                          \
            for (size_t r = c < whole_columns ? whole_rows : 0; r < rows; r++)                                        \
                destination[c * stride + r] = tile[r * NAME##_pitch + c];                                             \
    }                                                                                                                 \
    /* A plane of n0 elements along the destination's fastest axis and n1 along the source's fastest one. */          \
    static void NAME##_plane(const TYPE *source, TYPE *restrict destination, size_t n0, size_t n1, ptrdiff_t step0,   \
                             ptrdiff_t step1, size_t stride1) {                                                       \
        TYPE tile[TILE * NAME##_pitch] __attribute__((aligned(64)));                                                  \
        for (size_t i = 0; i < n0; i += TILE)                                                                         \
            for (size_t j = 0; j < n1; j += TILE) {                                                                   \
                size_t rows = n0 - i < TILE ? n0 - i : TILE, columns = n1 - j < TILE ? n1 - j : TILE;                 \
                for (size_t r = 0; r < rows; r++)                                                                     \
                    NAME##_row(source + (ptrdiff_t)(i + r) * step0 + (ptrdiff_t)j * step1, tile + r * NAME##_pitch,   \
                               columns, step1);                                                                       \
                NAME##_columns(tile, destination + j * stride1 + i, rows, columns, stride1);                          \
            }                                                                                                         \
    }                                                                                                                 \
    static void NAME(const TYPE *source, TYPE *destination, const size_t n[3], const ptrdiff_t step[3]) {             \
        if (step[0] == 1 || step[0] == -1) {                                                                          \
            for (size_t k = 0; k < n[2]; k++)                                                                         \
                for (size_t j = 0; j < n[1]; j++)                                                                     \
                    NAME##_row(source + (ptrdiff_t)j * step[1] + (ptrdiff_t)k * step[2],                              \
                               destination + n[0] * (j + n[1] * k), n[0], step[0]);                                   \
        } else if (step[1] == 1 || step[1] == -1) {                                                                   \
            for (size_t k = 0; k < n[2]; k++)                                                                         \
                NAME##_plane(source + (ptrdiff_t)k * step[2], destination + k * n[0] * n[1], n[0], n[1], step[0],     \
                             step[1], n[0]);                                                                          \
        } else {                                                                                                      \
            for (size_t j = 0; j < n[1]; j++)                                                                         \
                NAME##_plane(source + (ptrdiff_t)j * step[1], destination + j * n[0], n[0], n[2], step[0], step[2],   \
                             n[0] * n[1]);                                                                            \
        }                                                                                                             \
    }

#define LOW2 0, 2
#define HIGH2 1, 3
#define LOW4 0, 4, 1, 5
#define HIGH4 2, 6, 3, 7
#define LOW8 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH8 4, 12, 5, 13, 6, 14, 7, 15
#define LOW16 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31

DEFINE(reorient8, uint8_t, 16, 4, LOW16, HIGH16)
DEFINE(reorient16, uint16_t, 8, 3, LOW8, HIGH8)
DEFINE(reorient32, uint32_t, 4, 2, LOW4, HIGH4)
DEFINE(reorient64, uint64_t, 2, 1, LOW2, HIGH2)

void iris_reorient(const void *source, void *destination, size_t bytes_per_element, const size_t n[3], ptrdiff_t start,
                   const ptrdiff_t step[3]) {
    switch (bytes_per_element) {
        case 1: reorient8((const uint8_t *)source + start, destination, n, step); break;
        case 2: reorient16((const uint16_t *)source + start, destination, n, step); break;
        case 4: reorient32((const uint32_t *)source + start, destination, n, step); break;
        case 8: reorient64((const uint64_t *)source + start, destination, n, step); break;
    }
}
