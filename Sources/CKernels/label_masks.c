// Labels to masks: comparisons of whole rows of bytes, which the compiler turns into vectors.
#include "iris_label_masks.h"

#include <string.h>

void iris_swap_labels(uint8_t *labels, size_t voxels, const uint8_t *first, const uint8_t *second, size_t count) {
    enum { BLOCK = 4096 };
    for (size_t start = 0; start < voxels; start += BLOCK) {
        size_t end = start + BLOCK < voxels ? start + BLOCK : voxels;
        for (size_t s = 0; s < count; s++) {
            uint8_t a = first[s], b = second[s], both = a ^ b;
            for (size_t n = start; n < end; n++) {
                uint8_t v = labels[n];
                labels[n] = v ^ (uint8_t)(-(uint8_t)((v == a) | (v == b)) & both);
            }
        }
    }
}

void iris_label_masks(const uint8_t *labels, size_t voxels, const uint8_t *values, size_t count, uint8_t *masks) {
    for (size_t m = 0; m < count; m++) {
        uint8_t value = values[m], *mask = masks + m * voxels;
        for (size_t n = 0; n < voxels; n++) mask[n] = labels[n] == value;
    }
}

void iris_label_bit_masks(const uint8_t *labels, size_t voxels, const uint8_t *values, size_t count, uint8_t *masks) {
    size_t bytes = (voxels + 7) / 8;
    for (size_t m = 0; m < count; m++) {
        uint8_t value = values[m], *mask = masks + m * bytes;
        for (size_t b = 0; b < voxels / 8; b++) {
            // Equal bytes become 1 in each byte of the word; the multiplication gathers them, first voxel lowest.
            uint64_t word = 0;
            for (int n = 0; n < 8; n++) word |= (uint64_t)(labels[8 * b + (size_t)n] == value) << (8 * n);
            mask[b] = (uint8_t)((word * 0x0102040810204080u) >> 56);
        }
        if (voxels % 8) {
            mask[bytes - 1] = 0;
            for (size_t n = voxels / 8 * 8; n < voxels; n++) mask[n / 8] |= (uint8_t)((labels[n] == value) << (n % 8));
        }
    }
}

void iris_count_labels(const uint8_t *labels, size_t voxels, uint64_t counts[256]) {
    // Four tables, since runs of one label would otherwise wait for their own last increment.
    uint64_t tables[4][256];
    memset(tables, 0, sizeof tables);
    size_t n = 0;
    for (; n + 4 <= voxels; n += 4)
        for (size_t t = 0; t < 4; t++) tables[t][labels[n + t]]++;
    for (; n < voxels; n++) tables[0][labels[n]]++;
    for (int v = 0; v < 256; v++) counts[v] = tables[0][v] + tables[1][v] + tables[2][v] + tables[3][v];
}
