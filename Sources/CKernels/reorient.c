#include "iris_reorient.h"

#include <stdint.h>
#include <string.h>

// Where the source's fastest axis becomes the destination's j or k axis, plane tiles of this many elements a side are
// copied one after the other, so that the cache lines of both sides are used up while they are in the first-level cache.
#define TILE 64

#define DEFINE(NAME, TYPE)                                                                                            \
    /* Rows along i that run along the source's fastest axis, forwards or backwards. */                               \
    static void NAME##_rows(const TYPE *source, TYPE *restrict destination, const size_t n[3],                        \
                            const ptrdiff_t step[3]) {                                                                \
        for (size_t k = 0; k < n[2]; k++)                                                                             \
            for (size_t j = 0; j < n[1]; j++) {                                                                       \
                const TYPE *from = source + (ptrdiff_t)j * step[1] + (ptrdiff_t)k * step[2];                          \
                TYPE *to = destination + n[0] * (j + n[1] * k);                                                       \
                if (step[0] == 1) {                                                                                   \
                    memcpy(to, from, n[0] * sizeof(TYPE));                                                            \
                } else {                                                                                              \
                    const TYPE *last = from - (n[0] - 1);                                                             \
                    for (size_t i = 0; i < n[0]; i++) to[i] = last[n[0] - 1 - i];                                     \
                }                                                                                                     \
            }                                                                                                         \
    }                                                                                                                 \
    /* A plane of n0 rows along the fast destination axis and n1 along the source's fastest one. */                   \
    static void NAME##_plane(const TYPE *source, TYPE *restrict destination, size_t n0, size_t n1, ptrdiff_t step0,   \
                             ptrdiff_t step1, size_t stride1) {                                                       \
        for (size_t i0 = 0; i0 < n0; i0 += TILE)                                                                      \
            for (size_t j0 = 0; j0 < n1; j0 += TILE) {                                                                \
                size_t i1 = i0 + TILE < n0 ? i0 + TILE : n0, j1 = j0 + TILE < n1 ? j0 + TILE : n1;                    \
                for (size_t j = j0; j < j1; j++) {                                                                    \
                    const TYPE *from = source + (ptrdiff_t)j * step1;                                                 \
                    TYPE *to = destination + j * stride1;                                                             \
                    for (size_t i = i0; i < i1; i++) to[i] = from[(ptrdiff_t)i * step0];                              \
                }                                                                                                     \
            }                                                                                                         \
    }                                                                                                                 \
    static void NAME(const TYPE *source, TYPE *destination, const size_t n[3], const ptrdiff_t step[3]) {             \
        if (step[0] == 1 || step[0] == -1) {                                                                          \
            NAME##_rows(source, destination, n, step);                                                                \
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

DEFINE(reorient8, uint8_t)
DEFINE(reorient16, uint16_t)
DEFINE(reorient32, uint32_t)
DEFINE(reorient64, uint64_t)

void iris_reorient(const void *source, void *destination, size_t bytes_per_element, const size_t n[3], ptrdiff_t start,
                   const ptrdiff_t step[3]) {
    switch (bytes_per_element) {
        case 1: reorient8((const uint8_t *)source + start, destination, n, step); break;
        case 2: reorient16((const uint16_t *)source + start, destination, n, step); break;
        case 4: reorient32((const uint32_t *)source + start, destination, n, step); break;
        case 8: reorient64((const uint64_t *)source + start, destination, n, step); break;
    }
}
