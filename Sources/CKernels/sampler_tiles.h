// The walk over the tiles of a patch. Each variant includes this after it has defined
//
//     void stage_pairs(const sampler_job *, const tile_box *)     the image box, clipped, as pairs of rows
//     bool stage_labels(const sampler_job *, const tile_box *)    the label box; whether it holds one value only
//     void sample_tile(const sampler_job *, const tile_box *, const int32_t base[3], const output_tile *, bool image,
//                      bool label)                                from the stage to the patch
#include "sampler_internal.h"

// Control values of one row of tiles, expanded along j: [zc][axis][tile][8 rows of 8].
static void expand_rows(const sampler_job *job, int32_t j) {
    const iris_patch_geometry *g = job->geometry;
    const int32_t *c = g->control_points;
    size_t tiles = ((size_t)g->shape[0] + TILE - 1) / TILE, width = tiles * TILE;
    float *out = job->expanded_j;
    for (int32_t zc = 0; zc < c[2]; zc++)
        for (int a = 0; a < 3; a++)
            for (size_t t = 0; t < tiles; t++)
                for (int32_t r = 0; r < TILE; r++) {
                    const float *w = job->spline_weights[1] + 4 * (j + r);
                    size_t yc = (size_t)job->spline_first[1][j + r];
                    const float *v = job->expanded_i + width * (a + 3 * (yc + (size_t)c[1] * zc)) + t * TILE;
                    size_t next = 3 * width;
                    for (int x = 0; x < TILE; x++)
                        out[x] = w[0] * v[x] + w[1] * v[next + x] + w[2] * v[2 * next + x] + w[3] * v[3 * next + x];
                    out += TILE;
                }
}

// Adds the displacement to the affine places of a tile and finds their range.
static void displace(const sampler_job *job, const output_tile *tile, int32_t low[3], int32_t high[3]) {
    const iris_patch_geometry *g = job->geometry;
    size_t tiles = ((size_t)g->shape[0] + TILE - 1) / TILE, t = (size_t)tile->corner[0] / TILE;
    size_t next = 3 * tiles * TILE * TILE;
    for (int a = 0; a < 3; a++) {
        int32_t smallest = INT32_MAX, largest = INT32_MIN;
        for (int32_t z = 0; z < TILE; z++) {
            int32_t k = tile->corner[2] + z;
            const float *w = job->spline_weights[2] + 4 * k;
            const float *v = job->expanded_j + next * (size_t)job->spline_first[2][k] + TILE * TILE * (a * tiles + t);
            const int32_t *from = job->affine_places + TILE_VOXELS * a + TILE * TILE * z;
            int32_t *to = job->places + TILE_VOXELS * a + TILE * TILE * z;
            for (int n = 0; n < TILE * TILE; n++) {
                float d = w[0] * v[n] + w[1] * v[next + n] + w[2] * v[2 * next + n] + w[3] * v[3 * next + n];
                int32_t place = from[n] + (int32_t)rintf(d * 0x1p24f);
                to[n] = place;
                smallest = place < smallest ? place : smallest;
                largest = place > largest ? place : largest;
            }
        }
        low[a] = smallest;
        high[a] = largest;
    }
}

// Fills a tile that lies outside the source.
static void fill_tile(const sampler_job *job, const output_tile *tile) {
    const iris_patch_geometry *g = job->geometry;
    float value = (float)job->source->pad * job->source->scale + job->source->offset;
    for (int32_t z = 0; z < tile->count[2]; z++)
        for (int32_t y = 0; y < tile->count[1]; y++) {
            size_t out = tile->corner[0]
                + (size_t)g->shape[0] * (tile->corner[1] + y + (size_t)g->shape[1] * (tile->corner[2] + z));
            for (int32_t x = 0; x < tile->count[0]; x++) {
                if (job->image) job->image[out + x] = value;
                if (job->label) job->label[out + x] = 0;
            }
        }
}

static void fill_tile_labels(const sampler_job *job, const output_tile *tile, uint8_t value) {
    const iris_patch_geometry *g = job->geometry;
    for (int32_t z = 0; z < tile->count[2]; z++)
        for (int32_t y = 0; y < tile->count[1]; y++) {
            uint8_t *out = job->label + tile->corner[0]
                + (size_t)g->shape[0] * (tile->corner[1] + y + (size_t)g->shape[1] * (tile->corner[2] + z));
            if (tile->count[0] == TILE)
                memset(out, value, TILE);
            else
                memset(out, value, (size_t)tile->count[0]);
        }
}

static void render_tile(const sampler_job *job, const output_tile *tile, const int32_t low[3], const int32_t high[3]) {
    const int32_t *shape = job->source->shape;
    int64_t place[3];
    affine_place(job->geometry, tile->corner[0], tile->corner[1], tile->corner[2], place);
    tile_box box;
    int32_t base[3];
    bool outside = false, large = false;
    for (int a = 0; a < 3; a++) {
        int64_t first = (place[a] + low[a]) >> PLACE_BITS;
        int64_t last = ((place[a] + high[a]) >> PLACE_BITS) + 1;
        outside |= last < 0 || first >= shape[a];
        large |= last - first + 1 > STAGE_EXTENT;
        box.lower[a] = (int32_t)first;
        box.size[a] = (int32_t)(last - first + 1);
        base[a] = (int32_t)(place[a] - first * (1 << PLACE_BITS));
    }
    if (outside) return fill_tile(job, tile);
    box.row = (box.size[0] + STAGE_ROW - 1) / STAGE_ROW * STAGE_ROW;
    box.plane = box.row * box.size[1];
    if (large || (size_t)box.plane * box.size[2] > STAGE_CAPACITY) return iris_sample_tile_directly(job, tile);
    if (job->image) stage_pairs(job, &box);
    bool labels = job->label;
    if (labels && stage_labels(job, &box)) {
        fill_tile_labels(job, tile, job->labels[0]);
        labels = false;
    }
    if (job->image && labels)
        sample_tile(job, &box, base, tile, true, true);
    else if (job->image)
        sample_tile(job, &box, base, tile, true, false);
    else if (labels)
        sample_tile(job, &box, base, tile, false, true);
}

static void sample_tiles(sampler_job *job) {
    const int32_t *n = job->geometry->shape;
    int32_t low[3], high[3];
    for (int a = 0; a < 3; a++) {
        int32_t *places = job->affine_places + TILE_VOXELS * a;
        for (int32_t z = 0; z < TILE; z++)
            for (int32_t y = 0; y < TILE; y++)
                for (int32_t x = 0; x < TILE; x++)
                    *places++ = x * job->step[0][a] + y * job->step[1][a] + z * job->step[2][a];
        low[a] = high[a] = 0;
        for (int p = 0; p < 3; p++) {
            low[a] += min_i32(0, (TILE - 1) * job->step[p][a]);
            high[a] += max_i32(0, (TILE - 1) * job->step[p][a]);
        }
    }
    for (int32_t j = 0; j < n[1]; j += TILE) {
        if (job->geometry->displacement) expand_rows(job, j);
        for (int32_t k = 0; k < n[2]; k += TILE)
            for (int32_t i = 0; i < n[0]; i += TILE) {
                output_tile tile = {
                    {i, j, k}, {min_i32(TILE, n[0] - i), min_i32(TILE, n[1] - j), min_i32(TILE, n[2] - k)}};
                if (job->geometry->displacement) displace(job, &tile, low, high);
                render_tile(job, &tile, low, high);
            }
    }
}
