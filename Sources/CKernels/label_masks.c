// Labels to masks. Labels are read once, a block at a time that the first-level cache holds for all masks. Byte masks that begin at
// a line, as most do, go around the caches, since few are wanted soon: fetching each line first would double what memory carries.
#include "iris_label_masks.h"

#include <string.h>

#include "iris_instruction_set.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// A whole number of lines of masks, also as bits.
enum { BLOCK = 8192, LINE = 64 };

void iris_swap_labels(uint8_t *labels, size_t voxels, const uint8_t *first, const uint8_t *second, size_t count) {
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

typedef void block_kernel(const uint8_t *labels, size_t voxels, uint8_t value, uint8_t *mask);

static void byte_block_portable(const uint8_t *labels, size_t voxels, uint8_t value, uint8_t *mask) {
    for (size_t n = 0; n < voxels; n++) mask[n] = labels[n] == value;
}

static void bit_block_portable(const uint8_t *labels, size_t voxels, uint8_t value, uint8_t *mask) {
    for (size_t n = 0; n < voxels; n += 8) {
        uint8_t bits = 0;
        for (size_t v = n; v < n + 8 && v < voxels; v++) bits |= (uint8_t)((labels[v] == value) << (v - n));
        mask[n / 8] = bits;
    }
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

static void byte_block_avx2(const uint8_t *labels, size_t voxels, uint8_t value, uint8_t *mask) {
    const __m256i wanted = _mm256_set1_epi8((char)value), one = _mm256_set1_epi8(1);
    size_t n = 0;
    if ((uintptr_t)mask % LINE == 0)
        for (; n + LINE <= voxels; n += LINE)
            for (size_t half = n; half < n + LINE; half += LINE / 2) {
                __m256i equal = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(labels + half)), wanted);
                _mm256_stream_si256((__m256i *)(mask + half), _mm256_and_si256(equal, one));
            }
    byte_block_portable(labels + n, voxels - n, value, mask + n);
}

static void bit_block_avx2(const uint8_t *labels, size_t voxels, uint8_t value, uint8_t *mask) {
    const __m256i wanted = _mm256_set1_epi8((char)value);
    size_t n = 0;
    for (; n + 32 <= voxels; n += 32) {
        __m256i equal = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(labels + n)), wanted);
        uint32_t bits = (uint32_t)_mm256_movemask_epi8(equal);
        memcpy(mask + n / 8, &bits, sizeof bits);
    }
    bit_block_portable(labels + n, voxels - n, value, mask + n / 8);
}

#pragma clang attribute pop
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl"), min_vector_width(512))), apply_to = function)

static void byte_block_avx512(const uint8_t *labels, size_t voxels, uint8_t value, uint8_t *mask) {
    const __m512i wanted = _mm512_set1_epi8((char)value);
    size_t n = 0;
    if ((uintptr_t)mask % LINE == 0)
        for (; n + LINE <= voxels; n += LINE) {
            __mmask64 equal = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(labels + n), wanted);
            _mm512_stream_si512((__m512i *)(mask + n), _mm512_maskz_set1_epi8(equal, 1));
        }
    byte_block_portable(labels + n, voxels - n, value, mask + n);
}

static void bit_block_avx512(const uint8_t *labels, size_t voxels, uint8_t value, uint8_t *mask) {
    const __m512i wanted = _mm512_set1_epi8((char)value);
    size_t n = 0;
    for (; n + LINE <= voxels; n += LINE) {
        uint64_t equal = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(labels + n), wanted);
        memcpy(mask + n / 8, &equal, sizeof equal);
    }
    bit_block_portable(labels + n, voxels - n, value, mask + n / 8);
}

#pragma clang attribute pop
#endif

static void make_masks(const uint8_t *labels, size_t voxels, const uint8_t *values, size_t count, block_kernel *kernel,
                       size_t voxels_per_byte, uint8_t *masks) {
    const size_t bytes = (voxels + voxels_per_byte - 1) / voxels_per_byte;
    for (size_t start = 0; start < voxels; start += BLOCK) {
        const size_t length = voxels - start < BLOCK ? voxels - start : BLOCK;
        for (size_t m = 0; m < count; m++)
            kernel(labels + start, length, values[m], masks + m * bytes + start / voxels_per_byte);
    }
#if defined(__x86_64__)
    // Stores that went around the caches are seen by others before whatever tells of them.
    _mm_sfence();
#endif
}

void iris_label_masks(const uint8_t *labels, size_t voxels, const uint8_t *values, size_t count, uint8_t *masks) {
    block_kernel *kernel = byte_block_portable;
#if defined(__x86_64__)
    switch (iris_instruction_set_in_use()) {
    case IRIS_AVX512: kernel = byte_block_avx512; break;
    case IRIS_AVX2: kernel = byte_block_avx2; break;
    default: break;
    }
#endif
    make_masks(labels, voxels, values, count, kernel, 1, masks);
}

void iris_label_bit_masks(const uint8_t *labels, size_t voxels, const uint8_t *values, size_t count, uint8_t *masks) {
    block_kernel *kernel = bit_block_portable;
#if defined(__x86_64__)
    switch (iris_instruction_set_in_use()) {
    case IRIS_AVX512: kernel = bit_block_avx512; break;
    case IRIS_AVX2: kernel = bit_block_avx2; break;
    default: break;
    }
#endif
    make_masks(labels, voxels, values, count, kernel, 8, masks);
}
