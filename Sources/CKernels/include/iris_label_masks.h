#ifndef IRIS_LABEL_MASKS_H
#define IRIS_LABEL_MASKS_H

#include <stddef.h>
#include <stdint.h>

// Exchanges label values: first[n] and second[n] for each n < count, in order.
void iris_swap_labels(uint8_t *labels, size_t voxels, const uint8_t *first, const uint8_t *second, size_t count);

// masks[m * voxels + v] = labels[v] == values[m], as 0 or 1.
void iris_label_masks(const uint8_t *labels, size_t voxels, const uint8_t *values, size_t count, uint8_t *masks);

// The same as bits: bit v mod 8 of byte v / 8, each mask (voxels + 7) / 8 bytes long, unused bits 0.
void iris_label_bit_masks(const uint8_t *labels, size_t voxels, const uint8_t *values, size_t count, uint8_t *masks);

#endif
