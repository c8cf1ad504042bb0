// The sampler for AVX2: eight voxels, one row of a tile, at a time.
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2,prfchw"))), apply_to = function)

#include "sampler_rows.h"
#include "sampler_stage.h"

// Whether whole vectors can be read from every row of the box: neither a border of the source nor its last bytes are touched.
static bool is_far_inside(const sampler_job *job, const voxel_layout *l, const tile_box *box) {
    if (!is_inside(job->source, box)) return false;
    int32_t last[3];
    for (int a = 0; a < 3; a++) last[a] = box->lower[a] + box->size[a] - 1;
    return (size_t)voxel_offset(l, last[0], last[1], last[2]) + (size_t)box->row <= l->count;
}

// The two parts of 16 columns from x on: they may end one brick and begin the next. Both are read as whole vectors, the second
// from `run` voxels before its brick's row.
typedef struct column_parts {
    ptrdiff_t offset[2];
    int32_t run;
} column_parts;

static inline column_parts parts_of(const voxel_layout *l, int32_t x, int32_t used) {
    int32_t run = run_length(l, x);
    if (run >= used) return (column_parts){{offset_along(l, 0, x), 0}, STAGE_ROW};
    return (column_parts){{offset_along(l, 0, x), offset_along(l, 0, x + run) - run}, run};
}

static bool stage_inner_pairs(const sampler_job *job, const tile_box *box) {
    const iris_patch_source *s = job->source;
    const voxel_layout *l = &job->image_layout;
    if (!is_far_inside(job, l, box)) return false;
    __m256i low = _mm256_set1_epi16(s->clip_lower), high = _mm256_set1_epi16(s->clip_upper);
    __m256i lane = _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int32_t c = 0; c < box->row; c += STAGE_ROW) {
        column_parts parts = parts_of(l, box->lower[0] + c, min_i32(box->size[0] - c, STAGE_ROW));
        __m256i second = _mm256_cmpgt_epi16(lane, _mm256_set1_epi16((short)(parts.run - 1)));
        for (int32_t z = 0; z < box->size[2]; z++) {
            const int16_t *plane = s->image + offset_along(l, 2, box->lower[2] + z);
            uint32_t *to = job->pairs + c + z * box->plane;
            __m256i before = low;
            for (int32_t y = 0; y < box->size[1]; y++) {
                const int16_t *from = plane + offset_along(l, 1, box->lower[1] + y);
                __m256i row = _mm256_loadu_si256((const __m256i *)(from + parts.offset[0]));
                if (parts.run < STAGE_ROW)
                    row = _mm256_blendv_epi8(row, _mm256_loadu_si256((const __m256i *)(from + parts.offset[1])), second);
                row = _mm256_min_epi16(_mm256_max_epi16(row, low), high);
                if (y > 0) {
                    __m256i even = _mm256_unpacklo_epi16(before, row), odd = _mm256_unpackhi_epi16(before, row);
                    _mm256_store_si256((__m256i *)to, _mm256_permute2x128_si256(even, odd, 0x20));
                    _mm256_store_si256((__m256i *)(to + 8), _mm256_permute2x128_si256(even, odd, 0x31));
                    to += box->row;
                }
                before = row;
            }
        }
    }
    return true;
}

static void stage_pairs(const sampler_job *job, const tile_box *box) {
    if (!stage_inner_pairs(job, box)) stage_pairs_by_row(job, box);
}

static bool stage_labels(const sampler_job *job, const tile_box *box) {
    const iris_patch_source *s = job->source;
    const voxel_layout *l = &job->label_layout;
    if (!is_far_inside(job, l, box)) return stage_labels_by_row(job, box);
    __m128i first = _mm_set1_epi8((char)s->label[voxel_offset(l, box->lower[0], box->lower[1], box->lower[2])]);
    __m128i difference = _mm_setzero_si128();
    __m128i lane = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int32_t c = 0; c < box->row; c += STAGE_ROW) {
        const int32_t used = min_i32(box->size[0] - c, STAGE_ROW);
        column_parts parts = parts_of(l, box->lower[0] + c, used);
        __m128i second = _mm_cmpgt_epi8(lane, _mm_set1_epi8((char)(parts.run - 1)));
        // Bytes past the box are staged, since rows are whole vectors, but do not count as a second value.
        __m128i counted = _mm_cmpgt_epi8(_mm_set1_epi8((char)used), lane);
        for (int32_t z = 0; z < box->size[2]; z++) {
            const uint8_t *plane = s->label + offset_along(l, 2, box->lower[2] + z);
            uint8_t *to = job->labels + c + z * box->plane;
            for (int32_t y = 0; y < box->size[1]; y++, to += box->row) {
                const uint8_t *from = plane + offset_along(l, 1, box->lower[1] + y);
                __m128i row = _mm_loadu_si128((const __m128i *)(from + parts.offset[0]));
                if (parts.run < STAGE_ROW)
                    row = _mm_blendv_epi8(row, _mm_loadu_si128((const __m128i *)(from + parts.offset[1])), second);
                difference = _mm_or_si128(difference, _mm_and_si128(counted, _mm_xor_si128(row, first)));
                _mm_store_si128((__m128i *)to, row);
            }
        }
    }
    return _mm_testz_si128(difference, difference);
}

// Two voxels' pairs at x and x + 1: one 64-bit load each.
static inline __m128i two_quads(const uint32_t *a, const uint32_t *b) {
    return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)a)), (const __m64 *)b));
}

// Interpolates eight voxels along y, then x, in the stage's plane that `plane` points to.
static inline __m256 interpolate_plane(const uint32_t *plane, const int32_t *index, __m256i weights, __m256 fx) {
    // Ordered so that the shuffle below, which works within halves, leaves the voxels in their order.
    __m256i first = _mm256_inserti128_si256(
        _mm256_castsi128_si256(two_quads(plane + index[0], plane + index[1])),
        two_quads(plane + index[4], plane + index[5]), 1);
    __m256i second = _mm256_inserti128_si256(
        _mm256_castsi128_si256(two_quads(plane + index[2], plane + index[3])),
        two_quads(plane + index[6], plane + index[7]), 1);
    __m256 f = _mm256_castsi256_ps(first), s = _mm256_castsi256_ps(second);
    __m256i left = _mm256_madd_epi16(_mm256_castps_si256(_mm256_shuffle_ps(f, s, 0x88)), weights);
    __m256i right = _mm256_madd_epi16(_mm256_castps_si256(_mm256_shuffle_ps(f, s, 0xdd)), weights);
    __m256 step = _mm256_cvtepi32_ps(_mm256_sub_epi32(right, left));
    return _mm256_add_ps(_mm256_cvtepi32_ps(left), _mm256_mul_ps(fx, step));
}

static inline __m256i stage_index(__m256i x, __m256i y, __m256i z, __m256i row, __m256i plane) {
    x = _mm256_srai_epi32(x, PLACE_BITS);
    y = _mm256_mullo_epi32(_mm256_srai_epi32(y, PLACE_BITS), row);
    z = _mm256_mullo_epi32(_mm256_srai_epi32(z, PLACE_BITS), plane);
    return _mm256_add_epi32(x, _mm256_add_epi32(y, z));
}

static inline __attribute__((always_inline)) void sample_tile(
    const sampler_job *job, const prepared_tile *t, const prepared_tile *next, bool image, bool label) {
    const tile_box *box = &t->box;
    const output_tile *tile = &t->tile;
    const int32_t *base = t->base;
    const int32_t *shape = job->geometry->shape;
    __m256 scale = _mm256_set1_ps(job->source->scale * (1.0f / WEIGHT_ONE)), offset = _mm256_set1_ps(job->source->offset);
    __m256i row = _mm256_set1_epi32(box->row), plane = _mm256_set1_epi32(box->plane);
    __m256i base_x = _mm256_set1_epi32(base[0]), base_y = _mm256_set1_epi32(base[1]), base_z = _mm256_set1_epi32(base[2]);
    __m256i fraction = _mm256_set1_epi32(PLACE_FRACTION), half = _mm256_set1_epi32(PLACE_HALF);
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(tile->count[0]), lane);
    _Alignas(32) int32_t index[8];
    for (int32_t z = 0; z < tile->count[2]; z++) {
        prefetch_slice(job, next, z);
        for (int32_t y = 0; y < tile->count[1]; y++) {
            const int32_t *places = t->places + TILE * (y + TILE * z);
            __m256i px = _mm256_add_epi32(_mm256_load_si256((const __m256i *)places), base_x);
            __m256i py = _mm256_add_epi32(_mm256_load_si256((const __m256i *)(places + TILE_VOXELS)), base_y);
            __m256i pz = _mm256_add_epi32(_mm256_load_si256((const __m256i *)(places + 2 * TILE_VOXELS)), base_z);
            size_t out = tile->corner[0]
                + (size_t)shape[0] * (tile->corner[1] + y + (size_t)shape[1] * (tile->corner[2] + z));
            if (image) {
                _mm256_store_si256((__m256i *)index, stage_index(px, py, pz, row, plane));
                __m256 unit = _mm256_set1_ps(0x1p-24f);
                __m256 fx = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_and_si256(px, fraction)), unit);
                __m256 fz = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_and_si256(pz, fraction)), unit);
                __m256i rounding = _mm256_set1_epi32(1 << (PLACE_BITS - WEIGHT_BITS - 1));
                __m256i wy = _mm256_srli_epi32(
                    _mm256_add_epi32(_mm256_and_si256(py, fraction), rounding), PLACE_BITS - WEIGHT_BITS);
                // The low half weighs row y, the high half row y + 1.
                __m256i weights = _mm256_or_si256(
                    _mm256_sub_epi32(_mm256_set1_epi32(WEIGHT_ONE), wy), _mm256_slli_epi32(wy, 16));
                __m256 a = interpolate_plane(job->pairs, index, weights, fx);
                __m256 b = interpolate_plane(job->pairs + box->plane, index, weights, fx);
                __m256 v = _mm256_add_ps(a, _mm256_mul_ps(fz, _mm256_sub_ps(b, a)));
                v = _mm256_add_ps(_mm256_mul_ps(v, scale), offset);
                if (tile->count[0] == TILE)
                    _mm256_storeu_ps(job->image + out, v);
                else
                    _mm256_maskstore_ps(job->image + out, mask, v);
            }
            if (label) {
                __m256i nearest = stage_index(
                    _mm256_add_epi32(px, half), _mm256_add_epi32(py, half), _mm256_add_epi32(pz, half), row, plane);
                _mm256_store_si256(
                    (__m256i *)index, _mm256_sub_epi32(nearest, _mm256_set1_epi32(t->label_offset)));
                for (int32_t x = 0; x < tile->count[0]; x++) job->label[out + x] = job->labels[index[x]];
            }
        }
    }
}

static void resample_row(const sampler_job *job, const float *a, const float *b, float weight, int32_t width, float *out) {
    resample_row_plainly(job, a, b, weight, width, out);
}

static void pick_labels(const sampler_job *job, int32_t first, int32_t end, uint8_t *out) {
    pick_labels_plainly(job, first, end, out);
}

#include "sampler_aligned.h"
#include "sampler_tiles.h"

void iris_sample_tiles_avx2(sampler_job *job) { sample_tiles(job); }

void iris_sample_aligned_avx2(sampler_job *job) { sample_aligned(job); }

#pragma clang attribute pop
#endif
