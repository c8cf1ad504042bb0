#include "iris_mask_morphology.h"

#include <string.h>

// Combines each voxel with its face neighbours; a neighbour outside the patch counts as the voxel itself.
#define COMBINE(NAME, OPERATION)                                                                                  \
    void NAME(const uint8_t *source, const int32_t shape[3], uint8_t *result) {                                   \
        const int64_t ni = shape[0], nj = shape[1], nk = shape[2], plane = ni * nj;                               \
        for (int64_t k = 0; k < nk; k++) {                                                                        \
            for (int64_t j = 0; j < nj; j++) {                                                                    \
                const uint8_t *row = source + k * plane + j * ni;                                                 \
                const uint8_t *before = j > 0 ? row - ni : row, *after = j + 1 < nj ? row + ni : row;             \
                const uint8_t *below = k > 0 ? row - plane : row, *above = k + 1 < nk ? row + plane : row;        \
                uint8_t *out = result + k * plane + j * ni;                                                       \
                for (int64_t i = 0; i < ni; i++)                                                                  \
                    out[i] = row[i] OPERATION before[i] OPERATION after[i] OPERATION below[i] OPERATION above[i]; \
                for (int64_t i = 1; i < ni; i++) out[i] = out[i] OPERATION row[i - 1];                            \
                for (int64_t i = 0; i + 1 < ni; i++) out[i] = out[i] OPERATION row[i + 1];                        \
            }                                                                                                     \
        }                                                                                                         \
    }

COMBINE(iris_grow_mask, |)
COMBINE(iris_shrink_mask, &)

void iris_shift_mask(const uint8_t *source, const int32_t shape[3], const int32_t offset[3], uint8_t *result) {
    const int64_t ni = shape[0], nj = shape[1], nk = shape[2];
    const int64_t first = offset[0] > 0 ? offset[0] : 0, last = offset[0] < 0 ? ni + offset[0] : ni;
    memset(result, 0, (size_t)(ni * nj * nk));
    if (first >= last) return;
    for (int64_t k = 0; k < nk; k++) {
        if (k - offset[2] < 0 || k - offset[2] >= nk) continue;
        for (int64_t j = 0; j < nj; j++) {
            if (j - offset[1] < 0 || j - offset[1] >= nj) continue;
            memcpy(result + ni * (j + nj * k) + first, source + ni * (j - offset[1] + nj * (k - offset[2])) + first - offset[0],
                   (size_t)(last - first));
        }
    }
}
