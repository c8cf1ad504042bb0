// Chooses the way a patch is sampled and lays out the scratch memory. The loops are in sampler_tiles.h (any affine map and
// elastic displacement), sampler_aligned.h (maps that only scale, flip and shift) and here (tiles whose box is too large).
#include "iris_instruction_set.h"
#include "sampler_internal.h"

static size_t align64(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

// The largest step along a source axis for which axis-aligned sampling reads 16 outputs from two vectors.
static const double aligned_scale_limit = 2.0;

static bool is_aligned(const iris_patch_geometry *g) {
    if (g->displacement) return false;
    for (int p = 0; p < 3; p++)
        for (int a = 0; a < 3; a++)
            if (p == a ? !(fabs(g->step[p][a]) <= aligned_scale_limit) : g->step[p][a] != 0) return false;
    return true;
}

// The source voxels that an axis-aligned patch spans along an axis, rounded up.
static size_t aligned_extent(const iris_patch_geometry *g, int a) {
    return (size_t)(fmin(fabs(g->step[a][a]), aligned_scale_limit) * (g->shape[a] - 1)) + 4;
}

// Hands out pieces of the workspace; with a null base it only counts.
typedef struct arena {
    char *base;
    size_t used;
} arena;

static void *take(arena *a, size_t bytes) {
    void *piece = a->base ? a->base + a->used : NULL;
    a->used += align64(bytes);
    return piece;
}

static size_t lay_out(sampler_job *job, void *workspace) {
    const iris_patch_geometry *g = job->geometry;
    arena memory = {workspace, 0};
    if (is_aligned(g)) {
        job->plane = take(&memory, sizeof(float) * ((aligned_extent(g, 0) + 32) * aligned_extent(g, 1) + 32));
        job->row = take(&memory, sizeof(float) * (aligned_extent(g, 0) + 32));
        for (int d = 0; d < 2; d++)
            job->image_rows[d] = take(&memory, sizeof(int16_t) * (aligned_extent(g, 0) + 2 * BRICK_WIDTH));
        job->label_row = take(&memory, sizeof(uint16_t) * (aligned_extent(g, 0) + 128));
        for (int a = 0; a < 3; a++) {
            size_t padded = (size_t)g->shape[a] + 64;
            job->axis_first[a] = take(&memory, sizeof(int32_t) * padded);
            job->axis_nearest[a] = take(&memory, sizeof(int32_t) * padded);
            job->axis_fraction[a] = take(&memory, sizeof(float) * padded);
        }
        return memory.used;
    }
    // The kernels load two elements at a time and whole vectors at row ends.
    job->pairs = take(&memory, sizeof(uint32_t) * STAGE_CAPACITY + 64);
    job->labels = take(&memory, STAGE_CAPACITY + 64);
    job->affine_places = take(&memory, sizeof(int32_t) * 3 * TILE_VOXELS);
    if (g->displacement) {
        for (int n = 0; n < PREPARED; n++) job->places[n] = take(&memory, sizeof(int32_t) * 3 * TILE_VOXELS);
        const int32_t *c = g->control_points;
        size_t width = ((size_t)g->shape[0] + TILE - 1) / TILE * TILE;
        job->expanded_i = take(&memory, sizeof(float) * 3 * width * (size_t)c[1] * (size_t)c[2]);
        job->expanded_j = take(&memory, sizeof(float) * 3 * width * TILE * WALK * (size_t)c[2]);
        for (int a = 0; a < 3; a++) {
            size_t padded = (size_t)g->shape[a] + TILE;
            job->spline_weights[a] = take(&memory, sizeof(float) * 4 * padded);
            job->spline_first[a] = take(&memory, sizeof(int32_t) * padded);
        }
    }
    return memory.used;
}

size_t iris_sample_patch_workspace(const iris_patch_geometry *geometry) {
    sampler_job job = {.geometry = geometry};
    return lay_out(&job, NULL);
}

// The weights of the four control points around place u of a line of `points` control points, and the first of them.
static int32_t spline_weights_at(double u, int32_t points, double w[4]) {
    int32_t first = min_i32((int32_t)u, points - 4);
    double t = u - first, s = 1 - t;
    w[0] = s * s * s / 6;
    w[1] = (4 - 6 * t * t + 3 * t * t * t) / 6;
    w[2] = (4 - 6 * s * s + 3 * s * s * s) / 6;
    w[3] = t * t * t / 6;
    return first;
}

void iris_elastic_displacement(const iris_patch_geometry *g, const double place[3], double result[3]) {
    const int32_t *c = g->control_points;
    double w[3][4];
    size_t first[3];
    for (int a = 0; a < 3; a++) {
        double spans = c[a] - 3, u = (place[a] + 0.5) * spans / g->shape[a];
        first[a] = (size_t)spline_weights_at(fmin(fmax(u, 0), spans), c[a], w[a]);
    }
    size_t points = (size_t)c[0] * (size_t)c[1] * (size_t)c[2];
    for (int a = 0; a < 3; a++) {
        result[a] = 0;
        for (size_t z = 0; z < 4; z++)
            for (size_t y = 0; y < 4; y++) {
                const float *row =
                    g->displacement + points * (size_t)a + first[0] + (size_t)c[0] * (first[1] + y + (size_t)c[1] * (first[2] + z));
                for (int x = 0; x < 4; x++) result[a] += w[0][x] * (w[1][y] * w[2][z]) * (double)row[x];
            }
    }
}

// The weights of the four control points around each voxel, and the first of them. Voxels past the end, in the last tile,
// take those of the last voxel.
static void prepare_splines(sampler_job *job) {
    const iris_patch_geometry *g = job->geometry;
    for (int a = 0; a < 3; a++) {
        double spans = g->control_points[a] - 3;
        for (int32_t n = 0; n < g->shape[a] + TILE; n++) {
            double u = (min_i32(n, g->shape[a] - 1) + 0.5) * spans / g->shape[a];
            double w[4];
            job->spline_first[a][n] = spline_weights_at(u, g->control_points[a], w);
            for (int m = 0; m < 4; m++) job->spline_weights[a][4 * n + m] = (float)w[m];
        }
    }
    const int32_t *c = g->control_points;
    size_t width = ((size_t)g->shape[0] + TILE - 1) / TILE * TILE;
    float *out = job->expanded_i;
    for (int32_t zc = 0; zc < c[2]; zc++)
        for (int32_t yc = 0; yc < c[1]; yc++)
            for (int a = 0; a < 3; a++) {
                const float *row = g->displacement + (size_t)c[0] * (yc + (size_t)c[1] * (zc + (size_t)c[2] * a));
                for (size_t i = 0; i < width; i++) {
                    const float *w = job->spline_weights[0] + 4 * i, *v = row + job->spline_first[0][i];
                    *out++ = w[0] * v[0] + w[1] * v[1] + w[2] * v[2] + w[3] * v[3];
                }
            }
}

// Whether places relative to a tile's reference place fit in 32 bits, with room for the box around them. A B-spline never
// leaves the range of its control points, which bounds the displacement.
static bool relative_places_fit(const sampler_job *job) {
    const iris_patch_geometry *g = job->geometry;
    for (int a = 0; a < 3; a++) {
        double reach = (TILE - 1) * (fabs(g->step[0][a]) + fabs(g->step[1][a]) + fabs(g->step[2][a]));
        if (g->displacement) {
            size_t points = (size_t)g->control_points[0] * g->control_points[1] * g->control_points[2];
            float largest = 0;
            for (size_t n = 0; n < points; n++) largest = fmaxf(largest, fabsf(g->displacement[points * a + n]));
            reach += largest;
        }
        if (!(reach < 60)) return false;
    }
    return true;
}

static void sample_directly(const sampler_job *job) {
    const int32_t *n = job->geometry->shape;
    for (int32_t k = 0; k < n[2]; k += TILE)
        for (int32_t j = 0; j < n[1]; j += TILE)
            for (int32_t i = 0; i < n[0]; i += TILE) {
                output_tile tile = {
                    {i, j, k}, {min_i32(TILE, n[0] - i), min_i32(TILE, n[1] - j), min_i32(TILE, n[2] - k)}};
                iris_sample_tile_directly(job, &tile);
            }
}

void iris_sample_patch(
    const iris_patch_source *source, const iris_patch_geometry *geometry, float *image, uint8_t *label, void *workspace) {
    sampler_job job = {
        .source = source, .geometry = geometry,
        .image = source->image ? image : NULL, .label = source->label ? label : NULL};
    job.image_layout = source->bricked ? image_bricks_layout(source->shape) : rows_layout(source->shape);
    job.label_layout = source->bricked ? label_bricks_layout(source->shape) : rows_layout(source->shape);
    lay_out(&job, workspace);
    iris_instruction_set set = iris_instruction_set_in_use();
    if (is_aligned(geometry)) {
#if defined(__x86_64__)
        if (set == IRIS_AVX512) return iris_sample_aligned_avx512(&job);
        if (set == IRIS_AVX2) return iris_sample_aligned_avx2(&job);
#endif
        return iris_sample_aligned_portable(&job);
    }
    if (geometry->displacement) prepare_splines(&job);
    if (!relative_places_fit(&job)) return sample_directly(&job);
    for (int p = 0; p < 3; p++)
        for (int a = 0; a < 3; a++) job.step[p][a] = (int32_t)llrint(geometry->step[p][a] * (1 << PLACE_BITS));
#if defined(__x86_64__)
    if (set == IRIS_AVX512) return iris_sample_tiles_avx512(&job);
    if (set == IRIS_AVX2) return iris_sample_tiles_avx2(&job);
#endif
    iris_sample_tiles_portable(&job);
}

static bool is_voxel(const iris_patch_source *s, int64_t x, int64_t y, int64_t z) {
    return x >= 0 && y >= 0 && z >= 0 && x < s->shape[0] && y < s->shape[1] && z < s->shape[2];
}

static int32_t clipped_voxel(const sampler_job *job, int64_t x, int64_t y, int64_t z) {
    const iris_patch_source *s = job->source;
    if (!is_voxel(s, x, y, z)) return s->pad;
    int16_t v = s->image[voxel_offset(&job->image_layout, (int32_t)x, (int32_t)y, (int32_t)z)];
    return v < s->clip_lower ? s->clip_lower : v > s->clip_upper ? s->clip_upper : v;
}

static float spline_at(const sampler_job *job, int axis, int32_t i, int32_t j, int32_t k) {
    const iris_patch_geometry *g = job->geometry;
    const int32_t *c = g->control_points;
    size_t width = ((size_t)g->shape[0] + TILE - 1) / TILE * TILE;
    const float *wy = job->spline_weights[1] + 4 * j, *wz = job->spline_weights[2] + 4 * k;
    float sum = 0;
    for (int z = 0; z < 4; z++) {
        float row = 0;
        for (int y = 0; y < 4; y++) {
            size_t yc = (size_t)job->spline_first[1][j] + y, zc = (size_t)job->spline_first[2][k] + z;
            row += wy[y] * job->expanded_i[width * (axis + 3 * (yc + (size_t)c[1] * zc)) + i];
        }
        sum += wz[z] * row;
    }
    return sum;
}

void iris_sample_tile_directly(const sampler_job *job, const output_tile *tile) {
    const iris_patch_source *s = job->source;
    const iris_patch_geometry *g = job->geometry;
    for (int32_t k = tile->corner[2]; k < tile->corner[2] + tile->count[2]; k++)
        for (int32_t j = tile->corner[1]; j < tile->corner[1] + tile->count[1]; j++)
            for (int32_t i = tile->corner[0]; i < tile->corner[0] + tile->count[0]; i++) {
                size_t out = i + (size_t)g->shape[0] * (j + (size_t)g->shape[1] * k);
                int64_t p[3];
                affine_place(g, i, j, k, p);
                if (g->displacement)
                    for (int a = 0; a < 3; a++) p[a] += fixed_place(spline_at(job, a, i, j, k));
                if (job->image) {
                    int64_t x = p[0] >> PLACE_BITS, y = p[1] >> PLACE_BITS, z = p[2] >> PLACE_BITS;
                    float f[3];
                    for (int a = 0; a < 3; a++) f[a] = (float)(p[a] & PLACE_FRACTION) * 0x1p-24f;
                    float plane[2];
                    for (int dz = 0; dz < 2; dz++) {
                        float row[2];
                        for (int dy = 0; dy < 2; dy++) {
                            float a = (float)clipped_voxel(job, x, y + dy, z + dz);
                            float b = (float)clipped_voxel(job, x + 1, y + dy, z + dz);
                            row[dy] = a + f[0] * (b - a);
                        }
                        plane[dz] = row[0] + f[1] * (row[1] - row[0]);
                    }
                    job->image[out] = (plane[0] + f[2] * (plane[1] - plane[0])) * s->scale + s->offset;
                }
                if (job->label) {
                    int64_t x = (p[0] + PLACE_HALF) >> PLACE_BITS, y = (p[1] + PLACE_HALF) >> PLACE_BITS;
                    int64_t z = (p[2] + PLACE_HALF) >> PLACE_BITS;
                    job->label[out] = 0;
                    if (is_voxel(s, x, y, z))
                        job->label[out] = s->label[voxel_offset(&job->label_layout, (int32_t)x, (int32_t)y, (int32_t)z)];
                }
            }
}
