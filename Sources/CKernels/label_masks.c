// Labels to masks: comparisons of whole rows of bytes, which the compiler turns into vectors.
#include "iris_label_masks.h"

#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

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
        size_t n = 0;
#if defined(__x86_64__)
        __m128i wanted = _mm_set1_epi8((char)value);
        for (; n + 16 <= voxels; n += 16) {
            __m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(labels + n)), wanted);
            uint16_t bits = (uint16_t)_mm_movemask_epi8(equal);
            memcpy(mask + n / 8, &bits, 2);
        }
#endif
        for (; n < voxels; n += 8) {
            mask[n / 8] = 0;
            for (size_t v = n; v < n + 8 && v < voxels; v++) mask[n / 8] |= (uint8_t)((labels[v] == value) << (v - n));
        }
    }
}
