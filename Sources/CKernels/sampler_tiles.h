// The walk over the tiles of a patch. Each variant includes this after it has defined
//
//     void stage_pairs(const sampler_job *, const tile_box *)     the image box, clipped, as pairs of rows
//     bool stage_labels(const sampler_job *, const tile_box *)    a label box; whether it holds one value only
//     void sample_tile(const sampler_job *, const prepared_tile *, const prepared_tile *next, bool image, bool label)
//         from the stage to the patch, asking for the lines that `next` reads and writes on the way (prefetch_slice)
#include "sampler_internal.h"
#include "vector16.h"

// Where the control values expanded along j lie for the row of tiles that begins at voxel j.
static float *expanded_row(const sampler_job *job, int32_t j) {
    const iris_patch_geometry *g = job->geometry;
    size_t tiles = ((size_t)g->shape[0] + TILE - 1) / TILE;
    return job->expanded_j + (size_t)(j / TILE % WALK) * 3 * tiles * TILE * TILE * (size_t)g->control_points[2];
}

// Control values of one row of tiles, expanded along j: [zc][axis][tile][8 rows of 8]. In units of places from here on: a
// power of two changes no rounding.
static void expand_rows(const sampler_job *job, int32_t j) {
    const iris_patch_geometry *g = job->geometry;
    const int32_t *c = g->control_points;
    size_t tiles = ((size_t)g->shape[0] + TILE - 1) / TILE, width = tiles * TILE;
    float *out = expanded_row(job, j);
    for (int32_t zc = 0; zc < c[2]; zc++)
        for (int a = 0; a < 3; a++)
            for (size_t t = 0; t < tiles; t++)
                for (int32_t r = 0; r < TILE; r++) {
                    const float *w = job->spline_weights[1] + 4 * (j + r);
                    size_t yc = (size_t)job->spline_first[1][j + r];
                    const float *v = job->expanded_i + width * (a + 3 * (yc + (size_t)c[1] * zc)) + t * TILE;
                    size_t next = 3 * width;
                    for (int x = 0; x < TILE; x++)
                        out[x] = (w[0] * v[x] + w[1] * v[next + x] + w[2] * v[2 * next + x] + w[3] * v[3 * next + x]) * 0x1p24f;
                    out += TILE;
                }
}

// The nearest whole number of each lane, ties to even.
VECTOR16 i32x16 rounded16(f32x16 v) {
#if defined(IRIS_TARGET_AVX512)
    return (i32x16)_mm512_cvtps_epi32((__m512)v);
#else
    return __builtin_convertvector(__builtin_elementwise_rint(v), i32x16);
#endif
}

// The affine places of a tile with the displacement added, and their range.
static void displace(
    const sampler_job *job, const output_tile *tile, int32_t *places, int32_t low[3], int32_t high[3]) {
    const iris_patch_geometry *g = job->geometry;
    size_t tiles = ((size_t)g->shape[0] + TILE - 1) / TILE, t = (size_t)tile->corner[0] / TILE;
    size_t next = 3 * tiles * TILE * TILE;
    const int32_t *first = job->spline_first[2] + tile->corner[2];
    const float *weights = job->spline_weights[2] + 4 * tile->corner[2], *row = expanded_row(job, tile->corner[1]);
    for (int a = 0; a < 3; a++) {
        i32x16 smallest = (i32x16)INT32_MAX, largest = (i32x16)INT32_MIN;
        for (int n = 0; n < TILE * TILE; n += 16)
            for (int32_t z = 0; z < TILE; z++) {
                const float *w = weights + 4 * z;
                const float *v = row + next * (size_t)first[z] + TILE * TILE * (a * tiles + t) + n;
                f32x16 d = load16(v) * w[0] + load16(v + next) * w[1] + load16(v + 2 * next) * w[2]
                    + load16(v + 3 * next) * w[3];
                size_t at = (size_t)(TILE_VOXELS * a + TILE * TILE * z + n);
                i32x16 place;
                memcpy(&place, job->affine_places + at, sizeof place);
                place += rounded16(d);
                memcpy(places + at, &place, sizeof place);
                smallest = __builtin_elementwise_min(smallest, place);
                largest = __builtin_elementwise_max(largest, place);
            }
        low[a] = __builtin_reduce_min(smallest);
        high[a] = __builtin_reduce_max(largest);
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
    const uint64_t row = value * 0x0101010101010101u;
    for (int32_t z = 0; z < tile->count[2]; z++)
        for (int32_t y = 0; y < tile->count[1]; y++) {
            uint8_t *out = job->label + tile->corner[0]
                + (size_t)g->shape[0] * (tile->corner[1] + y + (size_t)g->shape[1] * (tile->corner[2] + z));
            // One store where the row is whole: a call of memset for eight bytes takes longer than all else here.
            if (tile->count[0] == TILE)
                memcpy(out, &row, sizeof row);
            else
                memcpy(out, &row, (size_t)tile->count[0]);
        }
}

// Where the places of a tile lead: the boxes that hold them, and what is to be done about it.
static void locate_tile(const sampler_job *job, prepared_tile *t, const int32_t low[3], const int32_t high[3]) {
    const int32_t *shape = job->source->shape;
    int64_t place[3];
    affine_place(job->geometry, t->tile.corner[0], t->tile.corner[1], t->tile.corner[2], place);
    bool outside = false, large = false;
    int32_t before[3];
    for (int a = 0; a < 3; a++) {
        int64_t first = (place[a] + low[a]) >> PLACE_BITS;
        int64_t last = ((place[a] + high[a]) >> PLACE_BITS) + 1;
        // Boxes of one size for all tiles, a row more than some of them need, make loops whose ends are predicted.
        if (!job->geometry->displacement) last = first + ((high[a] - low[a] + PLACE_FRACTION) >> PLACE_BITS) + 1;
        outside |= last < 0 || first >= shape[a];
        large |= last - first + 1 > STAGE_EXTENT;
        t->box.lower[a] = (int32_t)first;
        t->box.size[a] = (int32_t)(last - first + 1);
        t->base[a] = (int32_t)(place[a] - first * (1 << PLACE_BITS));
        // Nearest voxels reach one voxel less far than the neighbours that are interpolated.
        int64_t nearest = (place[a] + low[a] + PLACE_HALF) >> PLACE_BITS;
        before[a] = (int32_t)(nearest - first);
        t->label_box.lower[a] = (int32_t)nearest;
        t->label_box.size[a] = job->geometry->displacement
            ? (int32_t)(((place[a] + high[a] + PLACE_HALF) >> PLACE_BITS) - nearest + 1) : t->box.size[a] - 1;
    }
    t->box.row = (t->box.size[0] + STAGE_ROW - 1) / STAGE_ROW * STAGE_ROW;
    t->box.plane = t->box.row * t->box.size[1];
    t->label_box.row = t->box.row;
    t->label_box.plane = t->box.plane;
    t->label_offset = before[0] + before[1] * t->box.row + before[2] * t->box.plane;
    large |= (size_t)t->box.plane * t->box.size[2] > STAGE_CAPACITY;
    t->way = outside ? TILE_OUTSIDE : large ? TILE_DIRECT : TILE_STAGED;
}

// The label of all blocks that a box touches; IRIS_MIXED_BLOCK when there are several, or when that is not known.
static uint8_t label_of_blocks(const sampler_job *job, const tile_box *box) {
    const iris_patch_source *s = job->source;
    if (!s->label_blocks || !is_inside(s, box)) return IRIS_MIXED_BLOCK;
    int32_t first[3], count[3];
    for (int a = 0; a < 3; a++) {
        first[a] = box->lower[a] >> BLOCK_SHIFT;
        count[a] = ((box->lower[a] + box->size[a] - 1) >> BLOCK_SHIFT) - first[a] + 1;
    }
    if (count[0] > 8) return IRIS_MIXED_BLOCK;
    const size_t line = blocks_along(s->shape, 0), plane = line * blocks_along(s->shape, 1);
    const uint8_t *from = s->label_blocks + (size_t)first[0] + line * (size_t)first[1] + plane * (size_t)first[2];
    const uint64_t expected = *from * 0x0101010101010101u, mask = ~(uint64_t)0 >> (64 - 8 * count[0]);
    for (int32_t z = 0; z < count[2]; z++) {
        uint64_t difference = 0;
        for (int32_t y = 0; y < count[1]; y++) {
            uint64_t row;
            memcpy(&row, from + line * (size_t)y + plane * (size_t)z, sizeof row);
            difference |= row ^ expected;
        }
        if (difference & mask) return IRIS_MIXED_BLOCK;
    }
    return *from;
}

static void render_tile(const sampler_job *job, const prepared_tile *t, const prepared_tile *next) {
    if (t->way == TILE_OUTSIDE) return fill_tile(job, &t->tile);
    if (t->way == TILE_DIRECT) return iris_sample_tile_directly(job, &t->tile);
    if (job->image) stage_pairs(job, &t->box);
    bool labels = job->label;
    if (labels) {
        if (t->block_label != IRIS_MIXED_BLOCK || stage_labels(job, &t->label_box)) {
            fill_tile_labels(job, &t->tile, t->block_label != IRIS_MIXED_BLOCK ? t->block_label : job->labels[0]);
            labels = false;
        }
    }
    if (job->image && labels)
        sample_tile(job, t, next, true, true);
    else if (job->image)
        sample_tile(job, t, next, true, false);
    else if (labels)
        sample_tile(job, t, next, false, true);
}

static void fill_affine_places(sampler_job *job) {
    for (int a = 0; a < 3; a++) {
        int32_t *places = job->affine_places + TILE_VOXELS * a;
        for (int32_t z = 0; z < TILE; z++)
            for (int32_t y = 0; y < TILE; y++)
                for (int32_t x = 0; x < TILE; x++)
                    *places++ = x * job->step[0][a] + y * job->step[1][a] + z * job->step[2][a];
    }
}

// Tile n of the walk: bundles of WALK x WALK rows of tiles along i, then bundles along k, then along j, so that one
// expansion of the splines along j serves a whole slab.
static output_tile tile_at(const sampler_job *job, int32_t n) {
    const int32_t *shape = job->geometry->shape;
    const int32_t tiles_i = (shape[0] + TILE - 1) / TILE, tiles_k = (shape[2] + TILE - 1) / TILE;
    const int32_t tiles_j = (shape[1] + TILE - 1) / TILE;
    int32_t row = n / tiles_i, slab = row / (tiles_k * WALK) * WALK, height = min_i32(WALK, tiles_j - slab);
    row -= slab * tiles_k;
    int32_t bundle = row / (height * WALK) * WALK, depth = min_i32(WALK, tiles_k - bundle);
    row -= bundle * height;
    output_tile tile = {{n % tiles_i * TILE, (slab + row / depth) * TILE, (bundle + row % depth) * TILE}, {0}};
    for (int a = 0; a < 3; a++) tile.count[a] = min_i32(TILE, shape[a] - tile.corner[a]);
    return tile;
}

static void prepare_tile(const sampler_job *job, int32_t n, prepared_tile *t) {
    t->tile = tile_at(job, n);
    int32_t low[3] = {0}, high[3] = {0};
    if (job->geometry->displacement) {
        if (t->tile.corner[0] == 0 && t->tile.corner[2] == 0) expand_rows(job, t->tile.corner[1]);
        int32_t *places = job->places[n % PREPARED];
        displace(job, &t->tile, places, low, high);
        t->places = places;
    } else {
        for (int a = 0; a < 3; a++)
            for (int p = 0; p < 3; p++) {
                low[a] += min_i32(0, (TILE - 1) * job->step[p][a]);
                high[a] += max_i32(0, (TILE - 1) * job->step[p][a]);
            }
        t->places = job->affine_places;
    }
    locate_tile(job, t, low, high);
    t->block_label = job->label && t->way == TILE_STAGED ? label_of_blocks(job, &t->label_box) : IRIS_MIXED_BLOCK;
}

static void sample_tiles(sampler_job *job) {
    fill_affine_places(job);
    int32_t count = 1;
    for (int a = 0; a < 3; a++) count *= (job->geometry->shape[a] + TILE - 1) / TILE;
    prepared_tile tiles[PREPARED];
    for (int32_t n = 0; n < min_i32(AHEAD, count); n++) {
        prepare_tile(job, n, &tiles[n]);
        tiles[n].before = tiles[0].box;
    }
    const int32_t asked = job->source->bricked ? 1 : AHEAD;
    for (int32_t n = 0; n < count; n++) {
        if (n + AHEAD < count) {
            prepared_tile *last = &tiles[(n + AHEAD) % PREPARED];
            prepare_tile(job, n + AHEAD, last);
            last->before = tiles[(n + AHEAD - 1) % PREPARED].box;
        }
        render_tile(job, &tiles[n % PREPARED], n + asked < count ? &tiles[(n + asked) % PREPARED] : NULL);
    }
}
