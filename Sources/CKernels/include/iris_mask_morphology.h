#ifndef IRIS_MASK_MORPHOLOGY_H
#define IRIS_MASK_MORPHOLOGY_H

#include <stdint.h>

// Masks of shape (i, j, k), i fastest, values 0 and 1. `source` and `result` do not overlap.

// result = 1 where the voxel or one of its six face neighbours is 1.
void iris_grow_mask(const uint8_t *source, const int32_t shape[3], uint8_t *result);

// result = 1 where the voxel and its face neighbours inside the patch are 1.
void iris_shrink_mask(const uint8_t *source, const int32_t shape[3], uint8_t *result);

// result(p) = source(p - offset); 0 where that lies outside.
void iris_shift_mask(const uint8_t *source, const int32_t shape[3], const int32_t offset[3], uint8_t *result);

#endif
