// The sampler in plain C: the fallback, and the staging of borders for variants that cannot mask loads.
#include "sampler_rows.h"
#include "sampler_stage.h"

static void stage_pairs(const sampler_job *job, const tile_box *box) { stage_pairs_by_row(job, box); }

static bool stage_labels(const sampler_job *job, const tile_box *box) { return stage_labels_by_row(job, box); }

static void sample_tile(
    const sampler_job *job, const prepared_tile *t, const prepared_tile *next, bool image, bool label) {
    const tile_box *box = &t->box;
    const output_tile *tile = &t->tile;
    const int32_t *base = t->base;
    (void)next;
    const iris_patch_geometry *g = job->geometry;
    float scale = job->source->scale * (1.0f / WEIGHT_ONE), offset = job->source->offset;
    for (int32_t z = 0; z < tile->count[2]; z++)
        for (int32_t y = 0; y < tile->count[1]; y++) {
            size_t out = tile->corner[0]
                + (size_t)g->shape[0] * (tile->corner[1] + y + (size_t)g->shape[1] * (tile->corner[2] + z));
            for (int32_t x = 0; x < tile->count[0]; x++) {
                const int32_t *place = t->places + x + TILE * (y + TILE * z);
                int32_t px = place[0] + base[0], py = place[TILE_VOXELS] + base[1], pz = place[2 * TILE_VOXELS] + base[2];
                if (image) {
                    const uint32_t *pairs =
                        job->pairs + (px >> PLACE_BITS) + (py >> PLACE_BITS) * box->row + (pz >> PLACE_BITS) * box->plane;
                    float fx = (float)(px & PLACE_FRACTION) * 0x1p-24f, fz = (float)(pz & PLACE_FRACTION) * 0x1p-24f;
                    int32_t wy = ((py & PLACE_FRACTION) + (1 << (PLACE_BITS - WEIGHT_BITS - 1))) >> (PLACE_BITS - WEIGHT_BITS);
                    float plane[2];
                    for (int dz = 0; dz < 2; dz++, pairs += box->plane) {
                        int32_t a = (int16_t)pairs[0] * (WEIGHT_ONE - wy) + (int16_t)(pairs[0] >> 16) * wy;
                        int32_t b = (int16_t)pairs[1] * (WEIGHT_ONE - wy) + (int16_t)(pairs[1] >> 16) * wy;
                        plane[dz] = (float)a + fx * (float)(b - a);
                    }
                    job->image[out + x] = (plane[0] + fz * (plane[1] - plane[0])) * scale + offset;
                }
                if (label)
                    job->label[out + x] = job->labels
                        [((px + PLACE_HALF) >> PLACE_BITS) + ((py + PLACE_HALF) >> PLACE_BITS) * box->row
                         + ((pz + PLACE_HALF) >> PLACE_BITS) * box->plane - t->label_offset];
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

void iris_sample_tiles_portable(sampler_job *job) { sample_tiles(job); }

void iris_sample_aligned_portable(sampler_job *job) { sample_aligned(job); }
