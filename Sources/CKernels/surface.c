#include "iris_surface.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "iris_instruction_set.h"

// MARK: Variants

// Everything that takes vectors is inlined, so none is ever passed between variants compiled for different processors.
#pragma clang diagnostic ignored "-Wpsabi"
#define VECTOR static inline __attribute__((always_inline))

typedef uint8_t u8x64 __attribute__((ext_vector_type(64)));
typedef uint16_t u16x16 __attribute__((ext_vector_type(16)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
typedef float f32x16 __attribute__((ext_vector_type(16)));
typedef bool b64 __attribute__((ext_vector_type(64)));
typedef bool b16 __attribute__((ext_vector_type(16)));

// Each body is compiled three times, for the instruction sets of iris_instruction_set.h.
#define BODY(name) name##_portable
#include "surface_body.inc"
#undef BODY
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"), min_vector_width(256))), apply_to = function)
#define BODY(name) name##_avx2
#include "surface_body.inc"
#undef BODY
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi2"), min_vector_width(512))), apply_to = function)
#define BODY(name) name##_avx512
#include "surface_body.inc"
#undef BODY
#pragma clang attribute pop
#define DISPATCH(call_portable, call_avx2, call_avx512)   \
    switch (iris_instruction_set_in_use()) {              \
        case IRIS_AVX512: call_avx512; break;             \
        case IRIS_AVX2: call_avx2; break;                 \
        default: call_portable; break;                    \
    }
#else
#define DISPATCH(call_portable, call_avx2, call_avx512) call_portable;
#endif

// MARK: Overlap

static void extend(iris_label_counts *c, int32_t x, int32_t y, int32_t z) {
    if (x < c->lower[0]) c->lower[0] = x;
    if (x >= c->upper[0]) c->upper[0] = x + 1;
    if (y < c->lower[1]) c->lower[1] = y;
    if (y >= c->upper[1]) c->upper[1] = y + 1;
    if (z < c->lower[2]) c->lower[2] = z;
    if (z >= c->upper[2]) c->upper[2] = z + 1;
}

// Both labels are constant over `n` voxels from x on.
static void count_run(iris_label_counts counts[256], uint8_t r, uint8_t p, int32_t x, int32_t n, int32_t y, int32_t z) {
    counts[r].reference += n;
    counts[p].prediction += n;
    if (r == p) counts[r].both += n;
    if (r) extend(&counts[r], x, y, z), extend(&counts[r], x + n - 1, y, z);
    if (p && p != r) extend(&counts[p], x, y, z), extend(&counts[p], x + n - 1, y, z);
}

static uint64_t load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

void iris_label_overlap(const uint8_t *reference, const uint8_t *prediction, const int64_t shape[3],
                        iris_label_counts counts[256]) {
    memset(counts, 0, 256 * sizeof(iris_label_counts));
    for (int v = 0; v < 256; v++)
        for (int a = 0; a < 3; a++) counts[v].lower[a] = INT32_MAX;
    const uint64_t ones = 0x0101010101010101u;
    for (int64_t z = 0; z < shape[2]; z++)
        for (int64_t y = 0; y < shape[1]; y++) {
            const uint8_t *r = reference + (y + shape[1] * z) * shape[0];
            const uint8_t *p = prediction + (y + shape[1] * z) * shape[0];
            int64_t x = 0;
            while (x < shape[0]) {
                int64_t start = x;
                uint8_t vr = r[x], vp = p[x];
                // Runs are long in label maps: step over them 64 labels at a time, then eight.
                DISPATCH(x += equal_run_portable(r + x, p + x, shape[0] - x), x += equal_run_avx2(r + x, p + x, shape[0] - x),
                         x += equal_run_avx512(r + x, p + x, shape[0] - x))
                while (x + 8 <= shape[0] && load64(r + x) == vr * ones && load64(p + x) == vp * ones) x += 8;
                while (x < shape[0] && r[x] == vr && p[x] == vp) x++;
                count_run(counts, vr, vp, (int32_t)start, (int32_t)(x - start), (int32_t)y, (int32_t)z);
            }
        }
}

// MARK: Surface points

void iris_mask_bits(const uint8_t *labels, const int64_t shape[3], uint8_t value, const int32_t lower[3],
                    const int32_t size[3], int64_t words, uint64_t *bits) {
    for (int64_t z = 0; z < size[2]; z++)
        for (int64_t y = 0; y < size[1]; y++) {
            const uint8_t *row = labels + lower[0] + shape[0] * (lower[1] + y + shape[1] * (lower[2] + z));
            uint64_t *out = bits + (y + size[1] * z) * words;
            DISPATCH(mask_row_portable(row, value, size[0], words, out), mask_row_avx2(row, value, size[0], words, out),
                     mask_row_avx512(row, value, size[0], words, out))
        }
}

static const uint64_t *bit_row(const uint64_t *bits, const int32_t size[3], int64_t words, int64_t y, int64_t z,
                               const uint64_t *zeros) {
    if (y < 0 || z < 0 || y >= size[1] || z >= size[2]) return zeros;
    return bits + (y + size[1] * z) * words;
}

// The bits of row shifted up by one: bit x holds voxel x - 1.
static uint64_t below(const uint64_t *row, int64_t w) { return row[w] << 1 | (w ? row[w - 1] >> 63 : 0); }

// The bits of row shifted down by one: bit x holds voxel x + 1.
static uint64_t above(const uint64_t *row, int64_t w, int64_t words) {
    return row[w] >> 1 | (w + 1 < words ? row[w + 1] << 63 : 0);
}

int64_t iris_surfels(const uint64_t *bits, const int32_t size[3], int64_t words, iris_surface_point *points,
                     int64_t capacity) {
    uint64_t *zeros = calloc((size_t)words, sizeof(uint64_t));
    int64_t count = 0;
    for (int64_t z = 0; z <= size[2]; z++)
        for (int64_t y = 0; y <= size[1]; y++) {
            const uint64_t *rows[4] = {
                bit_row(bits, size, words, y - 1, z - 1, zeros), bit_row(bits, size, words, y, z - 1, zeros),
                bit_row(bits, size, words, y - 1, z, zeros), bit_row(bits, size, words, y, z, zeros)};
            if (rows[0] == zeros && rows[1] == zeros && rows[2] == zeros && rows[3] == zeros) continue;
            for (int64_t w = 0; w < words; w++) {
                uint64_t b[8], any = 0, all = ~(uint64_t)0;
                for (int r = 0; r < 4; r++) {
                    b[2 * r] = below(rows[r], w);
                    b[2 * r + 1] = rows[r][w];
                    any |= b[2 * r] | b[2 * r + 1];
                    all &= b[2 * r] & b[2 * r + 1];
                }
                for (uint64_t border = any & ~all; border; border &= border - 1) {
                    int x = __builtin_ctzll(border);
                    if (count < capacity) {
                        unsigned code = 0;
                        for (int n = 0; n < 8; n++) code |= (unsigned)(b[n] >> x & 1) << n;
                        points[count] = (iris_surface_point){(uint16_t)(64 * w + x), (uint16_t)y, (uint16_t)z, (uint8_t)code, 0};
                    }
                    count++;
                }
            }
        }
    free(zeros);
    return count;
}

int64_t iris_border_voxels(const uint64_t *bits, const int32_t size[3], int64_t words, iris_surface_point *points,
                           int64_t capacity) {
    uint64_t *zeros = calloc((size_t)words, sizeof(uint64_t));
    int64_t count = 0;
    for (int64_t z = 0; z < size[2]; z++)
        for (int64_t y = 0; y < size[1]; y++) {
            const uint64_t *row = bit_row(bits, size, words, y, z, zeros);
            const uint64_t *sides[4] = {
                bit_row(bits, size, words, y - 1, z, zeros), bit_row(bits, size, words, y + 1, z, zeros),
                bit_row(bits, size, words, y, z - 1, zeros), bit_row(bits, size, words, y, z + 1, zeros)};
            for (int64_t w = 0; w < words; w++) {
                uint64_t inner = below(row, w) & above(row, w, words);
                for (int s = 0; s < 4; s++) inner &= sides[s][w];
                for (uint64_t border = row[w] & ~inner; border; border &= border - 1) {
                    if (count < capacity)
                        points[count] = (iris_surface_point){
                            (uint16_t)(64 * w + __builtin_ctzll(border)), (uint16_t)y, (uint16_t)z, 0, 0};
                    count++;
                }
            }
        }
    free(zeros);
    return count;
}

// MARK: Distances

void iris_column_distances(const iris_surface_point *points, int64_t count, const int32_t size[3], int64_t stride,
                           uint16_t *columns) {
    memset(columns, 0xff, (size_t)(stride * size[1] * size[2]) * sizeof(uint16_t));
    for (int64_t n = 0; n < count; n++)
        columns[points[n].x + stride * (points[n].y + (int64_t)size[1] * points[n].z)] = 0;
    DISPATCH(sweep_columns_portable(size, stride, columns), sweep_columns_avx2(size, stride, columns),
             sweep_columns_avx512(size, stride, columns))
}

static double distance(int64_t dx, int64_t dy, int64_t dz, const double spacing[3]) {
    double x = (double)dx * spacing[0], y = (double)dy * spacing[1], z = (double)dz * spacing[2];
    return sqrt(x * x + y * y + z * z);
}

// The places where each parabola height[q] + step^2 (p - q)^2 of a family is the lowest, as the argmin for every p.
// `vertex` and `bound` hold n and n + 1 numbers. Felzenszwalb and Huttenlocher, "Distance transforms of sampled
// functions", 2012.
static void lower_envelope(const double *height, int64_t n, double step, int32_t *argmin, int32_t *vertex, double *bound) {
    int64_t k = -1;
    double s2 = step * step;
    for (int64_t q = 0; q < n; q++) {
        if (isinf(height[q])) continue;
        double s = -INFINITY;
        while (k >= 0) {
            int64_t v = vertex[k];
            s = ((height[q] / s2 + (double)q * q) - (height[v] / s2 + (double)v * v)) / (2.0 * (double)(q - v));
            if (s > bound[k]) break;
            k--;
            s = -INFINITY;
        }
        k++;
        vertex[k] = (int32_t)q;
        bound[k] = s;
    }
    if (k < 0) {
        for (int64_t p = 0; p < n; p++) argmin[p] = -1;
        return;
    }
    bound[k + 1] = INFINITY;
    int64_t j = 0;
    for (int64_t p = 0; p < n; p++) {
        while (bound[j + 1] < (double)p) j++;
        argmin[p] = vertex[j];
    }
}

static int64_t longest(const int32_t size[3]) {
    int64_t n = size[0] > size[2] ? size[0] : size[2];
    return n + 2;
}

int64_t iris_point_distances_scratch(const int32_t size[3], int64_t count) {
    int64_t plane = (int64_t)size[0] * size[2], line = longest(size);
    // By y: places of points, then starts. Per plane: argmin and height. Per line: height, argmin, vertex, bound.
    return count * 4 + ((int64_t)size[1] + 2) * 8 + plane * (4 + 8) + line * (8 + 4 + 4 + 8) + 64;
}

// Answers the points first..<count from a full transform, one plane of constant y at a time.
static void transform_distances(const iris_surface_point *points, int64_t first, int64_t count, const uint16_t *columns,
                                const int32_t size[3], int64_t stride, const double spacing[3], void *scratch,
                                double *distances) {
    int64_t nx = size[0], ny = size[1], nz = size[2], line = longest(size);
    double *heights = scratch, *height = heights + nx * nz, *bound = height + line;
    int64_t *starts = (int64_t *)(bound + line);
    uint32_t *byY = (uint32_t *)(starts + ny + 2);
    int32_t *nearestZ = (int32_t *)(byY + count), *argmin = nearestZ + nx * nz, *vertex = argmin + line;

    memset(starts, 0, (size_t)(ny + 2) * sizeof(int64_t));
    for (int64_t n = first; n < count; n++) starts[points[n].y + 2]++;
    for (int64_t y = 0; y < ny; y++) starts[y + 2] += starts[y + 1];
    for (int64_t n = first; n < count; n++) byY[starts[points[n].y + 1]++] = (uint32_t)n;

    for (int64_t y = 0; y < ny; y++) {
        int64_t begin = starts[y], end = starts[y + 1];
        if (begin == end) continue;
        for (int64_t x = 0; x < nx; x++) {
            for (int64_t z = 0; z < nz; z++) {
                uint16_t steps = columns[x + stride * (y + ny * z)];
                double d = steps * spacing[1];
                height[z] = steps == UINT16_MAX ? INFINITY : d * d;
            }
            lower_envelope(height, nz, spacing[2], argmin, vertex, bound);
            for (int64_t z = 0; z < nz; z++) {
                int32_t q = argmin[z];
                double d = (double)(z - q) * spacing[2];
                nearestZ[x + nx * z] = q;
                heights[x + nx * z] = q < 0 ? INFINITY : height[q] + d * d;
            }
        }
        int64_t lastZ = -1;
        for (int64_t n = begin; n < end; n++) {
            const iris_surface_point *p = &points[byY[n]];
            if (p->z != lastZ) {
                lower_envelope(heights + nx * p->z, nx, spacing[0], argmin, vertex, bound);
                lastZ = p->z;
            }
            int32_t x = argmin[p->x];
            if (x < 0) {
                distances[byY[n]] = INFINITY;
                continue;
            }
            int32_t z = nearestZ[x + nx * p->z];
            distances[byY[n]] = distance(p->x - x, columns[x + stride * (y + ny * z)], p->z - z, spacing);
        }
    }
}

void iris_point_distances(const iris_surface_point *points, int64_t count, const uint16_t *columns,
                          const int32_t size[3], int64_t stride, const double spacing[3], void *scratch,
                          double *distances) {
    int64_t answered = 0;
    DISPATCH(answered = search_distances_portable(points, count, columns, size, stride, spacing, distances),
             answered = search_distances_avx2(points, count, columns, size, stride, spacing, distances),
             answered = search_distances_avx512(points, count, columns, size, stride, spacing, distances))
    if (answered < count)
        transform_distances(points, answered, count, columns, size, stride, spacing, scratch, distances);
}

void iris_sort_order(const double *values, int64_t count, uint32_t *order, uint32_t *scratch) {
    uint32_t *keys = scratch, *otherKeys = scratch + count, *otherOrder = scratch + 2 * count;
    for (int64_t n = 0; n < count; n++) {
        float value = (float)values[n];
        memcpy(&keys[n], &value, 4);  // the bits of non-negative floats sort as the floats do
        order[n] = (uint32_t)n;
    }
    uint32_t *fromKeys = keys, *toKeys = otherKeys, *from = order, *to = otherOrder;
    for (int shift = 0; shift < 32; shift += 11) {
        uint32_t starts[2049] = {0};
        for (int64_t n = 0; n < count; n++) starts[(fromKeys[n] >> shift & 2047) + 1]++;
        for (int b = 0; b < 2048; b++) starts[b + 1] += starts[b];
        for (int64_t n = 0; n < count; n++) {
            uint32_t place = starts[fromKeys[n] >> shift & 2047]++;
            toKeys[place] = fromKeys[n];
            to[place] = from[n];
        }
        uint32_t *k = fromKeys, *o = from;
        fromKeys = toKeys, toKeys = k, from = to, to = o;
    }
    if (from != order) memcpy(order, from, (size_t)count * sizeof(uint32_t));
}
