// What the sampler's variants share. Not part of the interface.
#ifndef IRIS_SAMPLER_INTERNAL_H
#define IRIS_SAMPLER_INTERNAL_H

#include "iris_sampler.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

// Output is made in tiles of 8 x 8 x 8 voxels: small enough that the source box of a tile stays in the first-level cache
// whatever the rotation.
enum { TILE = 8, TILE_VOXELS = TILE * TILE * TILE };

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

    // The staged box: element (x, y, z) of `pairs` holds voxel (x, y, z) in the low and (x, y + 1, z) in the high half.
    uint32_t *pairs;
    uint8_t *labels;
    // The places of a tile's voxels relative to its reference place: along i, j, k, each 512 values. They are the same for
    // all tiles of an affine patch; a displacement is added to them for every tile.
    int32_t *places, *affine_places;
    // Control values expanded along i: [zc][yc][axis][i], and along j for one row of tiles: [zc][axis][tile][8 x 8].
    float *expanded_i, *expanded_j;
    // Spline weights, four per voxel, and the first control point, for each axis.
    float *spline_weights[3];
    int32_t *spline_first[3];
    // Axis-aligned patches: for each axis the lower neighbour (image) or nearest voxel (labels) of every output and the
    // upper neighbour's weight; a z-interpolated source plane, one y-interpolated row, and one label row as 16-bit numbers.
    int32_t *axis_first[3], *axis_nearest[3];
    float *axis_fraction[3];
    float *plane, *row;
    uint16_t *label_row;
} sampler_job;

// A tile of the output: its first voxel and how much of it lies inside the patch.
typedef struct output_tile {
    int32_t corner[3], count[3];
} output_tile;

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

void iris_sample_tiles_portable(sampler_job *job);
void iris_sample_tiles_avx2(sampler_job *job);
void iris_sample_tiles_avx512(sampler_job *job);

void iris_sample_aligned_portable(sampler_job *job);
void iris_sample_aligned_avx2(sampler_job *job);
void iris_sample_aligned_avx512(sampler_job *job);

// One tile, every voxel by itself, for boxes too large to stage.
void iris_sample_tile_directly(const sampler_job *job, const output_tile *tile);

#endif
