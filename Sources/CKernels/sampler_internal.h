// What the sampler's variants share. Not part of the interface.
#ifndef IRIS_SAMPLER_INTERNAL_H
#define IRIS_SAMPLER_INTERNAL_H

#include "iris_bricks.h"
#include "iris_sampler.h"
#include "voxel_layout.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

// Output is made in tiles of 8 x 8 x 8 voxels: small enough that the source box of a tile stays in the first-level cache
// whatever the rotation.
enum { TILE = 8, TILE_VOXELS = TILE * TILE * TILE };

// While a tile is sampled, the source of the tile AHEAD of it in the walk is asked for (in bricks that of the next one), and
// PREPARED tiles are known.
enum { AHEAD = 2, PREPARED = AHEAD + 1 };

// Rows of tiles along i are walked in bundles of WALK x WALK, whose source the second-level cache still holds when the
// next row of the bundle comes.
enum { WALK = 2 };

// Places are fixed-point numbers with 24 bits after the point; within a tile's box they fit in 32 bits.
enum { PLACE_BITS = 24, PLACE_HALF = 1 << 23, PLACE_FRACTION = (1 << 24) - 1 };

// The y weights have 14 bits, so that two products of 16-bit voxels and weights add up in 32 bits.
enum { WEIGHT_BITS = 14, WEIGHT_ONE = 1 << 14 };

// The largest staged box, in elements, and its largest size along an axis. Beyond (scales above about 4) each voxel reads
// the source directly.
enum { STAGE_CAPACITY = 1 << 18, STAGE_EXTENT = 120 };

// Rows of the stage are a multiple of this, one or more 64-byte vectors of pairs.
enum { STAGE_ROW = 16 };

// The source voxels from lower on that a tile touches.
typedef struct tile_box {
    int32_t lower[3], size[3];
    int32_t row, plane;  // element strides of the stage
} tile_box;

// One patch in work.
typedef struct sampler_job {
    const iris_patch_source *source;
    const iris_patch_geometry *geometry;
    float *image;
    uint8_t *label;
    int32_t step[3][3];  // geometry->step in places
    voxel_layout image_layout, label_layout;

    // The staged box: element (x, y, z) of `pairs` holds voxel (x, y, z) in the low and (x, y + 1, z) in the high half.
    uint32_t *pairs;
    uint8_t *labels;
    // The places of a tile's voxels relative to its reference place: along i, j, k, each 512 values. They are the same for
    // all tiles of an affine patch; with a displacement, tiles have their own in turn.
    int32_t *affine_places, *places[PREPARED];
    // Control values expanded along i: [zc][yc][axis][i], and along j for WALK rows of tiles: [row][zc][axis][tile][8 x 8].
    float *expanded_i, *expanded_j;
    // Spline weights, four per voxel, and the first control point, for each axis.
    float *spline_weights[3];
    int32_t *spline_first[3];
    // Axis-aligned patches: for each axis the lower neighbour (image) or nearest voxel (labels) of every output and the
    // upper neighbour's weight; a z-interpolated source plane, one y-interpolated row, and one label row as 16-bit numbers.
    int32_t *axis_first[3], *axis_nearest[3];
    float *axis_fraction[3];
    float *plane, *row;
    int16_t *image_rows[2];  // two rows of the source, where bricks must be put together
    uint16_t *label_row;
} sampler_job;

// A tile of the output: its first voxel and how much of it lies inside the patch.
typedef struct output_tile {
    int32_t corner[3], count[3];
} output_tile;

// A tile with its places known.
typedef struct prepared_tile {
    output_tile tile;
    tile_box box;
    tile_box before;        // the box of the tile before it in the walk
    tile_box label_box;     // the part of `box` that holds all nearest voxels, in a stage with the same strides
    int32_t label_offset;   // from the stage's index of a voxel in `box` to that in `label_box`, to be subtracted
    int32_t base[3];        // the reference place relative to the box
    const int32_t *places;  // of its voxels, relative to the reference place
    uint8_t block_label;    // the label of all blocks that the label box touches, or IRIS_MIXED_BLOCK
    enum { TILE_OUTSIDE, TILE_DIRECT, TILE_STAGED } way;
} prepared_tile;

static inline int32_t min_i32(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t max_i32(int32_t a, int32_t b) { return a > b ? a : b; }

// A source place as fixed-point number, held far outside any volume when it is not near one.
static inline int64_t fixed_place(double place) {
    const double limit = 1 << 24;
    if (!(place > -limit)) place = -limit;
    if (place > limit) place = limit;
    return llrint(place * (1 << PLACE_BITS));
}

// The place of a patch voxel without displacement.
static inline void affine_place(const iris_patch_geometry *g, int32_t i, int32_t j, int32_t k, int64_t place[3]) {
    for (int a = 0; a < 3; a++)
        place[a] = fixed_place(g->origin[a] + i * g->step[0][a] + j * g->step[1][a] + k * g->step[2][a]);
}

static inline bool is_inside(const iris_patch_source *s, const tile_box *box) {
    for (int a = 0; a < 3; a++)
        if (box->lower[a] < 0 || box->lower[a] + box->size[a] > s->shape[a]) return false;
    return true;
}

// Asks for one or both ends of rows first ..< end of plane z of a tile's box.
static inline __attribute__((always_inline)) void prefetch_rows(
    const sampler_job *job, const tile_box *box, int32_t z, int32_t first, int32_t end, bool low, bool high) {
    const iris_patch_source *s = job->source;
    const ptrdiff_t line = s->shape[0], last = box->size[0] - 1;
    ptrdiff_t start = line * (s->shape[1] * (ptrdiff_t)(box->lower[2] + z) + box->lower[1] + first) + box->lower[0];
    for (int32_t y = first; y < end; y++, start += line) {
        if (job->image) {
            if (low) __builtin_prefetch(s->image + start, 0, 2);
            if (high) __builtin_prefetch(s->image + start + last, 0, 2);
        }
        if (job->label) __builtin_prefetch(s->label + start + (low ? 0 : last), 0, 2);
    }
}

// Asks for the source rows of planes first ..< end of a tile's box. Into the second-level cache: the rows of a whole box
// would push the stage out of the first. Of rows that the tile before it had, only the end that lies beyond that one's box.
static inline __attribute__((always_inline)) void prefetch_planes(
    const sampler_job *job, const prepared_tile *t, int32_t first, int32_t end) {
    const tile_box *box = &t->box, *before = &t->before;
    const int32_t shift = box->lower[0] - before->lower[0];
    const bool meet = shift < before->size[0] && -shift < box->size[0];
    for (int32_t z = first; z < end; z++) {
        const int32_t depth = box->lower[2] + z - before->lower[2];
        int32_t low = 0, high = 0;
        if (meet && depth >= 0 && depth < before->size[2]) {
            low = max_i32(0, before->lower[1] - box->lower[1]);
            high = max_i32(low, min_i32(box->size[1], before->lower[1] + before->size[1] - box->lower[1]));
        }
        prefetch_rows(job, box, z, 0, min_i32(low, box->size[1]), true, true);
        if (shift >= 0)
            prefetch_rows(job, box, z, low, high, false, true);
        else
            prefetch_rows(job, box, z, low, high, true, false);
        prefetch_rows(job, box, z, min_i32(high, box->size[1]), box->size[1], true, true);
    }
}

// Asks for rows first ..< end of a plane in bricks, in the one or two columns of bricks that begin at `columns` (none where
// negative).
static inline __attribute__((always_inline)) void prefetch_lines(
    const int16_t *plane, const ptrdiff_t *rows, int32_t first, int32_t end, const ptrdiff_t columns[2]) {
    if (columns[0] >= 0)
        for (int32_t y = first; y < end; y++) __builtin_prefetch(plane + rows[y] + columns[0], 0, 2);
    if (columns[1] >= 0)
        for (int32_t y = first; y < end; y++) __builtin_prefetch(plane + rows[y] + columns[1], 0, 2);
}

// Asks for the lines of the image in a tile's box that the box of the tile before it did not have. Lines of the labels,
// half as many of which only some are needed, do not pay for the asking.
static inline void prefetch_bricks(const sampler_job *job, const prepared_tile *t) {
    const tile_box *box = &t->box, *before = &t->before;
    const voxel_layout *l = &job->image_layout;
    const int32_t height = box->size[1];
    const int32_t ends[2] = {box->lower[0] / BRICK_WIDTH, (box->lower[0] + box->size[0] - 1) / BRICK_WIDTH};
    const int32_t had[2] = {before->lower[0] / BRICK_WIDTH, (before->lower[0] + before->size[0] - 1) / BRICK_WIDTH};
    ptrdiff_t all[2], new[2];
    for (int n = 0; n < 2; n++) {
        all[n] = n == 1 && ends[1] == ends[0] ? -1 : ends[n] * l->brick[0];
        new[n] = ends[n] >= had[0] && ends[n] <= had[1] ? -1 : all[n];
    }
    ptrdiff_t rows[STAGE_EXTENT];
    for (int32_t y = 0; y < height; y++) rows[y] = offset_along(l, 1, box->lower[1] + y);
    for (int32_t z = 0; z < box->size[2]; z++) {
        const int16_t *plane = job->source->image + offset_along(l, 2, box->lower[2] + z);
        const int32_t depth = box->lower[2] + z - before->lower[2];
        int32_t low = 0, high = 0;
        if (depth >= 0 && depth < before->size[2]) {
            low = min_i32(height, max_i32(0, before->lower[1] - box->lower[1]));
            high = max_i32(low, min_i32(height, before->lower[1] + before->size[1] - box->lower[1]));
        }
        prefetch_lines(plane, rows, 0, low, all);
        prefetch_lines(plane, rows, low, high, new);
        prefetch_lines(plane, rows, high, height, all);
    }
}

// Asks for the lines of the patch that slice z of a tile begins, to be written; the tiles after it write
// the rest of each line.
static inline __attribute__((always_inline)) void prefetch_output(
    const sampler_job *job, const output_tile *tile, int32_t z) {
    enum { LINE = 64 };
    const size_t line = (size_t)job->geometry->shape[0];
    if (z >= tile->count[2]) return;
    const size_t out = tile->corner[0] + line * (tile->corner[1] + (size_t)job->geometry->shape[1] * (tile->corner[2] + z));
    if (job->image && tile->corner[0] % (LINE / sizeof(float)) == 0)
        for (int32_t y = 0; y < tile->count[1]; y++) __builtin_prefetch(job->image + out + line * y, 1, 3);
    if (job->label && tile->corner[0] % LINE == 0)
        for (int32_t y = 0; y < tile->count[1]; y++) __builtin_prefetch(job->label + out + line * y, 1, 3);
}

// The share of `next`'s prefetching that slice z of the tile before it does; of bricks all at once.
static inline __attribute__((always_inline)) void prefetch_slice(
    const sampler_job *job, const prepared_tile *next, int32_t z) {
    if (next) prefetch_output(job, &next->tile, z);
    if (!next || next->way != TILE_STAGED || !is_inside(job->source, &next->box)) return;
    if (!job->source->bricked)
        return prefetch_planes(job, next, next->box.size[2] * z / TILE, next->box.size[2] * (z + 1) / TILE);
    if (z == 0 && job->image) prefetch_bricks(job, next);
}

void iris_sample_tiles_portable(sampler_job *job);
void iris_sample_tiles_avx2(sampler_job *job);
void iris_sample_tiles_avx512(sampler_job *job);

void iris_sample_aligned_portable(sampler_job *job);
void iris_sample_aligned_avx2(sampler_job *job);
void iris_sample_aligned_avx512(sampler_job *job);

// One tile, every voxel by itself, for boxes too large to stage.
void iris_sample_tile_directly(const sampler_job *job, const output_tile *tile);

#endif
