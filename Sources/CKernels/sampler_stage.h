// Staging row by row, with any part of the box outside the source. Variants use it where they have nothing faster.
#ifndef IRIS_SAMPLER_STAGE_H
#define IRIS_SAMPLER_STAGE_H

#include "sampler_internal.h"

static inline bool is_row(const iris_patch_source *s, int32_t y, int32_t z) {
    return y >= 0 && z >= 0 && y < s->shape[1] && z < s->shape[2];
}

// The part of a box's row that lies in the source, as indices into the box.
static inline void inner_part(const iris_patch_source *s, const tile_box *box, int32_t *first, int32_t *end) {
    *first = max_i32(0, -box->lower[0]);
    *end = min_i32(box->size[0], s->shape[0] - box->lower[0]);
}

static inline void stage_pairs_by_row(const sampler_job *job, const tile_box *box) {
    const iris_patch_source *s = job->source;
    int32_t first, end;
    inner_part(s, box, &first, &end);
    const voxel_layout *l = &job->image_layout;
    int16_t low = s->clip_lower, high = s->clip_upper;
    int16_t rows[2][STAGE_EXTENT + STAGE_ROW];
    for (int32_t x = 0; x < box->size[0]; x++) rows[0][x] = rows[1][x] = s->pad;
    for (int32_t z = 0; z < box->size[2]; z++)
        for (int32_t y = 0; y < box->size[1]; y++) {
            int16_t *row = rows[y & 1];
            const bool inside = is_row(s, box->lower[1] + y, box->lower[2] + z);
            for (int32_t x = first, next; x < end; x = next) {
                next = min_i32(end, x + run_length(l, box->lower[0] + x));
                const int16_t *from =
                    s->image + voxel_offset(l, box->lower[0] + x, box->lower[1] + y, box->lower[2] + z) - x;
                for (int32_t n = x; n < next; n++)
                    row[n] = !inside ? s->pad : from[n] < low ? low : from[n] > high ? high : from[n];
            }
            if (y == 0) continue;
            const int16_t *before = rows[(y - 1) & 1];
            uint32_t *to = job->pairs + (y - 1) * box->row + z * box->plane;
            for (int32_t x = 0; x < box->size[0]; x++) to[x] = (uint16_t)before[x] | (uint32_t)(uint16_t)row[x] << 16;
        }
}

static inline bool stage_labels_by_row(const sampler_job *job, const tile_box *box) {
    const iris_patch_source *s = job->source;
    int32_t first, end;
    inner_part(s, box, &first, &end);
    const voxel_layout *l = &job->label_layout;
    uint8_t difference = 0;
    for (int32_t z = 0; z < box->size[2]; z++)
        for (int32_t y = 0; y < box->size[1]; y++) {
            uint8_t *to = job->labels + y * box->row + z * box->plane;
            const bool inside = is_row(s, box->lower[1] + y, box->lower[2] + z);
            memset(to, 0, (size_t)box->size[0]);
            for (int32_t x = first, next; inside && x < end; x = next) {
                next = min_i32(end, x + run_length(l, box->lower[0] + x));
                const ptrdiff_t from = voxel_offset(l, box->lower[0] + x, box->lower[1] + y, box->lower[2] + z);
                memcpy(to + x, s->label + from, (size_t)(next - x));
            }
            for (int32_t x = 0; x < box->size[0]; x++) difference |= to[x] ^ job->labels[0];
        }
    return difference == 0;
}

#endif
