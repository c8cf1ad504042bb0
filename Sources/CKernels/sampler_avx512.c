// The sampler for AVX-512: sixteen voxels, two rows of a tile, at a time.
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,bmi2,prfchw"), min_vector_width(512))), apply_to = function)

#define IRIS_TARGET_AVX512 1
#include "sampler_internal.h"

// The lanes of the 16 columns from box column c on that lie inside box and source.
static inline __mmask16 inner_lanes(const iris_patch_source *s, const tile_box *box, int32_t c) {
    int32_t first = max_i32(c, -box->lower[0]) - c;
    int32_t end = min_i32(c + STAGE_ROW, min_i32(box->size[0], s->shape[0] - box->lower[0])) - c;
    if (first >= end) return 0;
    return (__mmask16)(((1u << end) - 1) & ~((1u << first) - 1));
}

static inline bool is_within(int32_t n, int32_t count) { return n >= 0 && n < count; }

// The two parts of 16 columns from x on: they may end one brick and begin the next.
typedef struct column_parts {
    ptrdiff_t offset[2];
    __mmask16 lanes[2];
} column_parts;

static inline column_parts parts_of(const voxel_layout *l, int32_t x, __mmask16 lanes) {
    int32_t run = min_i32(run_length(l, x), STAGE_ROW);
    __mmask16 first = (__mmask16)((1u << run) - 1);
    return (column_parts){
        {offset_along(l, 0, x), offset_along(l, 0, x + run) - run}, {lanes & first, lanes & (__mmask16)~first}};
}

// Lane n of a pair takes column n of the upper row, from `first` on, and column n of the lower row.
static inline __m512i interleaving(int32_t first) {
    __m512i column = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    column = _mm512_add_epi32(column, _mm512_set1_epi32(first));
    return _mm512_or_si512(column, _mm512_slli_epi32(_mm512_add_epi32(column, _mm512_set1_epi32(32)), 16));
}

// Masked lanes are neither read nor do they fault, so nothing outside the arrays is touched at any border.
static inline __attribute__((always_inline)) void stage_pairs_of(
    const sampler_job *job, const tile_box *box, bool inside) {
    const iris_patch_source *s = job->source;
    const voxel_layout *l = &job->image_layout;
    __m256i low = _mm256_set1_epi16(s->clip_lower), high = _mm256_set1_epi16(s->clip_upper);
    __m256i pad = _mm256_set1_epi16(s->pad);
    __m512i interleave = interleaving(0);
    const int32_t height = box->size[1], stride = box->row;
    ptrdiff_t rows[STAGE_EXTENT];
    for (int32_t y = 0; y < height; y++) rows[y] = offset_along(l, 1, box->lower[1] + y);
    for (int32_t c = 0; c < box->row; c += STAGE_ROW) {
        column_parts parts = parts_of(l, box->lower[0] + c, inner_lanes(s, box, c));
        for (int32_t z = 0; z < box->size[2]; z++) {
            int32_t depth = box->lower[2] + z;
            bool plane_inside = inside || is_within(depth, s->shape[2]);
            const int16_t *plane = s->image + offset_along(l, 2, depth);
            uint32_t *to = job->pairs + c + z * box->plane;
            __m512i before = _mm512_setzero_si512();
            for (int32_t y = 0; y < height; y++) {
                __m256i row = pad;
                if (inside || (plane_inside && is_within(box->lower[1] + y, s->shape[1]))) {
                    const int16_t *from = plane + rows[y];
                    row = _mm256_mask_loadu_epi16(row, parts.lanes[0], from + parts.offset[0]);
                    if (parts.lanes[1]) row = _mm256_mask_loadu_epi16(row, parts.lanes[1], from + parts.offset[1]);
                }
                row = _mm256_min_epi16(_mm256_max_epi16(row, low), high);
                __m512i wide = _mm512_castsi256_si512(row);
                if (y > 0) {
                    _mm512_store_si512(to, _mm512_permutex2var_epi16(before, interleave, wide));
                    to += stride;
                }
                before = wide;
            }
        }
    }
}

// Inside the source, rows of bricks are whole cache lines: one load each, or two where the box crosses into the next brick.
static inline __attribute__((always_inline)) void stage_brick_pairs(
    const sampler_job *job, const tile_box *box, int32_t c, bool crosses) {
    const iris_patch_source *s = job->source;
    const voxel_layout *l = &job->image_layout;
    const int32_t x = box->lower[0] + c, in = x % BRICK_WIDTH, height = box->size[1], stride = box->row;
    const ptrdiff_t next = l->brick[0];
    __m512i low = _mm512_set1_epi16(s->clip_lower), high = _mm512_set1_epi16(s->clip_upper);
    // Columns that end one brick and begin the next are put side by side from lane 0 on, others left where they are.
    __m512i interleave = interleaving(crosses ? 0 : in), columns = _mm512_add_epi32(
        _mm512_set1_epi32(in | in << 16), _mm512_setr_epi32(
            0x10000, 0x30002, 0x50004, 0x70006, 0x90008, 0xb000a, 0xd000c, 0xf000e, 0, 0, 0, 0, 0, 0, 0, 0));
    ptrdiff_t rows[STAGE_EXTENT];
    for (int32_t y = 0; y < height; y++) rows[y] = offset_along(l, 1, box->lower[1] + y);
    for (int32_t z = 0; z < box->size[2]; z++) {
        const int16_t *plane = s->image + offset_along(l, 2, box->lower[2] + z) + offset_along(l, 0, x - in);
        uint32_t *to = job->pairs + c + z * box->plane;
        __m512i before = low;
        for (int32_t y = 0; y < height; y++) {
            const int16_t *from = plane + rows[y];
            __m512i row = _mm512_load_si512(from);
            if (crosses) row = _mm512_permutex2var_epi16(row, columns, _mm512_load_si512(from + next));
            row = _mm512_min_epi16(_mm512_max_epi16(row, low), high);
            if (y > 0) {
                _mm512_store_si512(to, _mm512_permutex2var_epi16(before, interleave, row));
                to += stride;
            }
            before = row;
        }
    }
}

static void stage_pairs(const sampler_job *job, const tile_box *box) {
    if (!is_inside(job->source, box)) return stage_pairs_of(job, box, false);
    if (!job->source->bricked) return stage_pairs_of(job, box, true);
    for (int32_t c = 0; c < box->row; c += STAGE_ROW) {
        int32_t used = min_i32(box->size[0] - c, STAGE_ROW);
        if (run_length(&job->image_layout, box->lower[0] + c) < used)
            stage_brick_pairs(job, box, c, true);
        else
            stage_brick_pairs(job, box, c, false);
    }
}

static inline __attribute__((always_inline)) bool stage_labels_of(
    const sampler_job *job, const tile_box *box, bool inside) {
    const iris_patch_source *s = job->source;
    const voxel_layout *l = &job->label_layout;
    __m128i first = _mm_setzero_si128(), difference = _mm_setzero_si128();
    if (inside) first = _mm_set1_epi8((char)s->label[voxel_offset(l, box->lower[0], box->lower[1], box->lower[2])]);
    const int32_t height = box->size[1], stride = box->row;
    ptrdiff_t rows[STAGE_EXTENT];
    for (int32_t y = 0; y < height; y++) rows[y] = offset_along(l, 1, box->lower[1] + y);
    for (int32_t c = 0; c < box->row; c += STAGE_ROW) {
        __mmask16 lanes = inner_lanes(s, box, c);
        column_parts parts = parts_of(l, box->lower[0] + c, lanes);
        // Lanes outside the source hold 0, as `first` does at a border; those beyond the box are not looked at.
        __m128i expected = _mm_maskz_mov_epi8(lanes, first);
        for (int32_t z = 0; z < box->size[2]; z++) {
            int32_t depth = box->lower[2] + z;
            bool plane_inside = inside || is_within(depth, s->shape[2]);
            const uint8_t *plane = s->label + offset_along(l, 2, depth);
            uint8_t *to = job->labels + c + z * box->plane;
            for (int32_t y = 0; y < height; y++, to += stride) {
                __m128i row = _mm_setzero_si128();
                if (inside || (plane_inside && is_within(box->lower[1] + y, s->shape[1]))) {
                    const uint8_t *from = plane + rows[y];
                    row = _mm_maskz_loadu_epi8(parts.lanes[0], from + parts.offset[0]);
                    if (parts.lanes[1]) row = _mm_mask_loadu_epi8(row, parts.lanes[1], from + parts.offset[1]);
                }
                // difference | (row ^ expected)
                difference = _mm_ternarylogic_epi32(difference, row, expected, 0xf6);
                _mm_store_si128((__m128i *)to, row);
            }
        }
    }
    return _mm_testz_si128(difference, difference);
}

static bool stage_labels(const sampler_job *job, const tile_box *box) {
    return is_inside(job->source, box) ? stage_labels_of(job, box, true) : stage_labels_of(job, box, false);
}

// The pairs at x and x + 1 of two voxels: one 64-bit load each.
static inline __m128i two_quads(const uint32_t *plane, const uint32_t *index) {
    __m128i first = _mm_loadl_epi64((const __m128i *)(plane + index[0]));
    return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(first), (const __m64 *)(plane + index[1])));
}

static inline __m512i eight_quads(const uint32_t *plane, const uint32_t *index) {
    __m256i low =
        _mm256_inserti128_si256(_mm256_castsi128_si256(two_quads(plane, index)), two_quads(plane, index + 2), 1);
    __m256i high =
        _mm256_inserti128_si256(_mm256_castsi128_si256(two_quads(plane, index + 4)), two_quads(plane, index + 6), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

// Interpolates sixteen voxels along y, then x, in the stage's plane that `plane` points to.
static inline __m512 interpolate_plane(const uint32_t *plane, const uint32_t *index, __m512i weights, __m512 fx) {
    __m512i first = eight_quads(plane, index), second = eight_quads(plane, index + 8);
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    __m512i left = _mm512_madd_epi16(_mm512_permutex2var_epi32(first, even, second), weights);
    __m512i right = _mm512_madd_epi16(_mm512_permutex2var_epi32(first, odd, second), weights);
    __m512 step = _mm512_cvtepi32_ps(_mm512_sub_epi32(right, left));
    return _mm512_add_ps(_mm512_cvtepi32_ps(left), _mm512_mul_ps(fx, step));
}

static inline __m512i stage_index(__m512i x, __m512i y, __m512i z, __m512i row, __m512i plane) {
    x = _mm512_srai_epi32(x, PLACE_BITS);
    y = _mm512_mullo_epi32(_mm512_srai_epi32(y, PLACE_BITS), row);
    z = _mm512_mullo_epi32(_mm512_srai_epi32(z, PLACE_BITS), plane);
    return _mm512_add_epi32(x, _mm512_add_epi32(y, z));
}

// Sixteen labels, one byte load each.
static inline __m128i sixteen_bytes(const uint8_t *labels, const uint32_t *index) {
    __m128i v = _mm_cvtsi32_si128(labels[index[0]]);
#define INSERT(n) v = _mm_insert_epi8(v, labels[index[n]], n)
    INSERT(1); INSERT(2); INSERT(3); INSERT(4); INSERT(5); INSERT(6); INSERT(7); INSERT(8);
    INSERT(9); INSERT(10); INSERT(11); INSERT(12); INSERT(13); INSERT(14); INSERT(15);
#undef INSERT
    return v;
}

// What the second phase needs of one slice of a tile, 64 voxels.
typedef struct tile_slice {
    _Alignas(64) uint32_t index[64], label_index[64];
    __m512i weights[4];
    __m512 fx[4], fz[4];
} tile_slice;

static inline __attribute__((always_inline)) void prepare_slice(
    const prepared_tile *t, int32_t z, bool image, bool label, tile_slice *slice) {
    const tile_box *box = &t->box;
    const int32_t *base = t->base;
    __m512i row = _mm512_set1_epi32(box->row), plane = _mm512_set1_epi32(box->plane);
    __m512i base_x = _mm512_set1_epi32(base[0]), base_y = _mm512_set1_epi32(base[1]), base_z = _mm512_set1_epi32(base[2]);
    __m512i fraction = _mm512_set1_epi32(PLACE_FRACTION), half = _mm512_set1_epi32(PLACE_HALF);
    __m512i rounding = _mm512_set1_epi32(1 << (PLACE_BITS - WEIGHT_BITS - 1));
    __m512i offset = _mm512_set1_epi32(t->label_offset), one = _mm512_set1_epi32(1);
    __m512 unit = _mm512_set1_ps(0x1p-24f);
    for (int v = 0; v < 4; v++) {
        const int32_t *places = t->places + 16 * v + TILE * TILE * z;
        __m512i px = _mm512_add_epi32(_mm512_load_si512(places), base_x);
        __m512i py = _mm512_add_epi32(_mm512_load_si512(places + TILE_VOXELS), base_y);
        __m512i pz = _mm512_add_epi32(_mm512_load_si512(places + 2 * TILE_VOXELS), base_z);
        __m512i index = stage_index(px, py, pz, row, plane);
        if (label) {
            // The nearest voxel is the next one where the first bit after the point is set.
            __m512i nearest = _mm512_sub_epi32(index, offset);
            nearest = _mm512_mask_add_epi32(nearest, _mm512_test_epi32_mask(px, half), nearest, one);
            nearest = _mm512_mask_add_epi32(nearest, _mm512_test_epi32_mask(py, half), nearest, row);
            nearest = _mm512_mask_add_epi32(nearest, _mm512_test_epi32_mask(pz, half), nearest, plane);
            _mm512_store_si512(slice->label_index + 16 * v, nearest);
        }
        if (!image) continue;
        _mm512_store_si512(slice->index + 16 * v, index);
        slice->fx[v] = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_and_si512(px, fraction)), unit);
        slice->fz[v] = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_and_si512(pz, fraction)), unit);
        __m512i wy = _mm512_srli_epi32(
            _mm512_add_epi32(_mm512_and_si512(py, fraction), rounding), PLACE_BITS - WEIGHT_BITS);
        // The low half weighs row y, the high half row y + 1.
        slice->weights[v] =
            _mm512_or_si512(_mm512_sub_epi32(_mm512_set1_epi32(WEIGHT_ONE), wy), _mm512_slli_epi32(wy, 16));
    }
}

static inline __attribute__((always_inline)) void sample_tile(
    const sampler_job *job, const prepared_tile *t, const prepared_tile *next, bool image, bool label) {
    const tile_box *box = &t->box;
    const output_tile *tile = &t->tile;
    const int32_t *shape = job->geometry->shape;
    size_t line = (size_t)shape[0];
    __m512 scale = _mm512_set1_ps(job->source->scale * (1.0f / WEIGHT_ONE)), offset = _mm512_set1_ps(job->source->offset);
    __mmask8 columns = (__mmask8)((1u << tile->count[0]) - 1);
    const uint32_t *pairs = job->pairs, *next_pairs = job->pairs + box->plane;
    const uint8_t *labels = job->labels;
    int32_t rows = tile->count[1];
    tile_slice slice;
    for (int32_t z = 0; z < tile->count[2]; z++) {
        prefetch_slice(job, next, z);
        prepare_slice(t, z, image, label, &slice);
        // The indices go through memory: sixteen scalar loads cost less than taking a vector apart.
        __asm__ volatile("" ::: "memory");
        size_t out = tile->corner[0] + line * (tile->corner[1] + (size_t)shape[1] * (tile->corner[2] + z));
        for (int32_t y = 0; y < rows; y += 2, out += 2 * line) {
            int v = y / 2;
            bool full = columns == 0xff && y + 1 < rows;
            if (image) {
                __m512 a = interpolate_plane(pairs, slice.index + 16 * v, slice.weights[v], slice.fx[v]);
                __m512 b = interpolate_plane(next_pairs, slice.index + 16 * v, slice.weights[v], slice.fx[v]);
                __m512 r = _mm512_add_ps(a, _mm512_mul_ps(slice.fz[v], _mm512_sub_ps(b, a)));
                r = _mm512_add_ps(_mm512_mul_ps(r, scale), offset);
                __m256 low = _mm512_castps512_ps256(r), high = _mm512_extractf32x8_ps(r, 1);
                if (full) {
                    _mm256_storeu_ps(job->image + out, low);
                    _mm256_storeu_ps(job->image + out + line, high);
                } else {
                    _mm256_mask_storeu_ps(job->image + out, columns, low);
                    if (y + 1 < rows) _mm256_mask_storeu_ps(job->image + out + line, columns, high);
                }
            }
            if (label) {
                __m128i r = sixteen_bytes(labels, slice.label_index + 16 * v);
                if (full) {
                    _mm_storel_epi64((__m128i *)(job->label + out), r);
                    _mm_storeh_pi((__m64 *)(job->label + out + line), _mm_castsi128_ps(r));
                } else {
                    _mm_mask_storeu_epi8(job->label + out, columns, r);
                    if (y + 1 < rows) _mm_mask_storeu_epi8(job->label + out + line, columns, _mm_unpackhi_epi64(r, r));
                }
            }
        }
    }
}

static void resample_row(const sampler_job *job, const float *a, const float *b, float weight, int32_t width, float *out) {
    (void)width;
    const int32_t *first = job->axis_first[0];
    const float *fraction = job->axis_fraction[0];
    int32_t n = job->geometry->shape[0];
    __m512 fy = _mm512_set1_ps(weight);
    for (int32_t i = 0; i < n; i += 16) {
        // Sixteen outputs at a step of at most 2 lie between 32 neighbouring voxels, whichever way they run.
        int32_t start = min_i32(first[i], first[i + 15]);
        __m512i index = _mm512_sub_epi32(_mm512_loadu_si512(first + i), _mm512_set1_epi32(start));
        __m512 a0 = _mm512_loadu_ps(a + start), a1 = _mm512_loadu_ps(a + start + 16);
        __m512 b0 = _mm512_loadu_ps(b + start), b1 = _mm512_loadu_ps(b + start + 16);
        __m512 low = _mm512_add_ps(a0, _mm512_mul_ps(fy, _mm512_sub_ps(b0, a0)));
        __m512 high = _mm512_add_ps(a1, _mm512_mul_ps(fy, _mm512_sub_ps(b1, a1)));
        __m512 v = _mm512_permutex2var_ps(low, index, high);
        __m512 w = _mm512_permutex2var_ps(low, _mm512_add_epi32(index, _mm512_set1_epi32(1)), high);
        __m512 f = _mm512_loadu_ps(fraction + i);
        __mmask16 lanes = (__mmask16)(n - i >= 16 ? 0xffff : (1u << (n - i)) - 1);
        _mm512_mask_storeu_ps(out + i, lanes, _mm512_add_ps(v, _mm512_mul_ps(f, _mm512_sub_ps(w, v))));
    }
}

static void pick_labels(const sampler_job *job, int32_t first, int32_t end, uint8_t *out) {
    const int32_t *nearest = job->axis_nearest[0];
    for (int32_t i = first; i < end; i += 32) {
        // 32 outputs at a step of at most 2 lie between 64 neighbouring voxels.
        int32_t last = min_i32(i + 31, end - 1), start = min_i32(nearest[i], nearest[last]);
        __m512i a = _mm512_sub_epi32(_mm512_loadu_si512(nearest + i), _mm512_set1_epi32(start));
        __m512i b = _mm512_sub_epi32(_mm512_loadu_si512(nearest + i + 16), _mm512_set1_epi32(start));
        __m512i index =
            _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi32_epi16(a)), _mm512_cvtepi32_epi16(b), 1);
        __m512i low = _mm512_loadu_si512(job->label_row + start), high = _mm512_loadu_si512(job->label_row + start + 32);
        __m256i v = _mm512_cvtepi16_epi8(_mm512_permutex2var_epi16(low, index, high));
        _mm256_mask_storeu_epi8(out + i, (__mmask32)(0xffffffffu >> (31 - (last - i))), v);
    }
}

#include "sampler_aligned.h"
#include "sampler_tiles.h"

void iris_sample_tiles_avx512(sampler_job *job) { sample_tiles(job); }

void iris_sample_aligned_avx512(sampler_job *job) { sample_aligned(job); }

#pragma clang attribute pop
#endif
