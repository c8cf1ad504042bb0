// Nearest neighbour down, linear back up. Included by every variant.
#include "intensity_internal.h"
#include "vector16.h"



// Where output voxels along one axis lie between coarse voxels.
typedef struct coarse_axis {
    int32_t *from;    // the source voxel of each coarse voxel
    int32_t *first;   // the lower coarse neighbour of each output voxel
    float *fraction;  // the weight of the upper one
} coarse_axis;

static void prepare_coarse_axis(coarse_axis *axis, int32_t n, int32_t coarse) {
    for (int32_t c = 0; c < coarse; c++) {
        int32_t from = (int32_t)((c + 0.5) * n / coarse);
        axis->from[c] = from < n ? from : n - 1;
    }
    for (int32_t i = 0; i < n; i++) {
        double place = (i + 0.5) * coarse / n - 0.5;
        place = place < 0 ? 0 : place > coarse - 1 ? coarse - 1 : place;
        int32_t first = (int32_t)place;
        axis->first[i] = first;
        axis->fraction[i] = (float)(place - first);
    }
}

VECTOR16 void stretch_row(const float *row, const coarse_axis *axis, int32_t n, float *out) {
    int32_t i = 0;
#if defined(IRIS_TARGET_AVX512)
    // Sixteen outputs lie between at most 17 coarse voxels: two vectors hold them.
    for (; i + 16 <= n; i += 16) {
        int32_t start = axis->first[i];
        __m512i index = _mm512_sub_epi32(_mm512_loadu_si512(axis->first + i), _mm512_set1_epi32(start));
        __m512 low = _mm512_loadu_ps(row + start), high = _mm512_loadu_ps(row + start + 16);
        __m512 a = _mm512_permutex2var_ps(low, index, high);
        __m512 b = _mm512_permutex2var_ps(low, _mm512_add_epi32(index, _mm512_set1_epi32(1)), high);
        __m512 f = _mm512_loadu_ps(axis->fraction + i);
        _mm512_storeu_ps(out + i, _mm512_add_ps(a, _mm512_mul_ps(f, _mm512_sub_ps(b, a))));
    }
#endif
    for (; i < n; i++) {
        float a = row[axis->first[i]], b = row[axis->first[i] + 1];
        out[i] = a + axis->fraction[i] * (b - a);
    }
}

static void lower_resolution(
    float *x, const int32_t shape[3], const iris_pointwise *map, const int32_t coarse[3], void *workspace) {
    iris_pointwise m = *map;
    char *memory = workspace;
    coarse_axis axes[3];
    for (int a = 0; a < 3; a++) {
        size_t bytes = ((size_t)shape[a] * 4 + 63) & ~(size_t)63;
        axes[a].from = (int32_t *)memory;
        axes[a].first = (int32_t *)(memory + bytes);
        axes[a].fraction = (float *)(memory + 2 * bytes);
        memory += 3 * bytes;
        prepare_coarse_axis(&axes[a], shape[a], coarse[a]);
    }
    // Rows are padded: one repeated voxel past the end, and what whole vectors read beyond.
    size_t width = ((size_t)coarse[0] + 1 + 15) / 16 * 16 + 16, rows = (size_t)coarse[1];
    float *volume = (float *)memory, *plane = volume + width * rows * (size_t)coarse[2], *row = plane + width * rows;
    for (int32_t c = 0; c < coarse[2]; c++)
        for (int32_t b = 0; b < coarse[1]; b++) {
            const float *from = x + (size_t)shape[0] * (axes[1].from[b] + (size_t)shape[1] * axes[2].from[c]);
            float *to = volume + width * ((size_t)b + rows * (size_t)c);
            for (size_t a = 0; a < width; a++) {
                float y = from[axes[0].from[a < (size_t)coarse[0] ? a : (size_t)coarse[0] - 1]] * m.multiply + m.add;
                y = y > m.lower ? y : m.lower;
                to[a] = y < m.upper ? y : m.upper;
            }
        }
    for (int32_t k = 0; k < shape[2]; k++) {
        const float *below = volume + width * rows * (size_t)axes[2].first[k];
        const float *above = axes[2].first[k] + 1 < coarse[2] ? below + width * rows : below;
        float fz = axes[2].fraction[k];
        for (size_t n = 0; n < width * rows; n++) plane[n] = below[n] + fz * (above[n] - below[n]);
        for (int32_t j = 0; j < shape[1]; j++) {
            const float *left = plane + width * (size_t)axes[1].first[j];
            const float *right = axes[1].first[j] + 1 < coarse[1] ? left + width : left;
            float fy = axes[1].fraction[j];
            for (size_t n = 0; n < width; n++) row[n] = left[n] + fy * (right[n] - left[n]);
            stretch_row(row, &axes[0], shape[0], x + (size_t)shape[0] * (j + (size_t)shape[1] * k));
        }
    }
}
