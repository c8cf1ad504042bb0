// Staging row by row, with any part of the box outside the source. Variants use it where they have nothing faster.
#ifndef IRIS_SAMPLER_STAGE_H
#define IRIS_SAMPLER_STAGE_H

#include "sampler_internal.h"

// Where row (y, z) of a box lies in the source, counted in voxels from the row's start at x = 0; -1 outside.
static inline int64_t source_row(const iris_patch_source *s, int32_t y, int32_t z) {
    bool inside = y >= 0 && z >= 0 && y < s->shape[1] && z < s->shape[2];
    return inside ? (int64_t)s->shape[0] * (y + (int64_t)s->shape[1] * z) : -1;
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
    int16_t low = s->clip_lower, high = s->clip_upper;
    int16_t rows[2][STAGE_EXTENT + STAGE_ROW];
    for (int32_t x = 0; x < box->size[0]; x++) rows[0][x] = rows[1][x] = s->pad;
    for (int32_t z = 0; z < box->size[2]; z++)
        for (int32_t y = 0; y < box->size[1]; y++) {
            int16_t *row = rows[y & 1];
            int64_t start = source_row(s, box->lower[1] + y, box->lower[2] + z);
            const int16_t *from = s->image + start + box->lower[0];
            if (start < 0)
                for (int32_t x = first; x < end; x++) row[x] = s->pad;
            else
                for (int32_t x = first; x < end; x++) row[x] = from[x] < low ? low : from[x] > high ? high : from[x];
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
    uint8_t difference = 0;
    for (int32_t z = 0; z < box->size[2]; z++)
        for (int32_t y = 0; y < box->size[1]; y++) {
            uint8_t *to = job->labels + y * box->row + z * box->plane;
            int64_t start = source_row(s, box->lower[1] + y, box->lower[2] + z);
            for (int32_t x = 0; x < box->size[0]; x++)
                to[x] = start >= 0 && x >= first && x < end ? s->label[start + box->lower[0] + x] : 0;
            for (int32_t x = 0; x < box->size[0]; x++) difference |= to[x] ^ job->labels[0];
        }
    return difference == 0;
}

#endif
