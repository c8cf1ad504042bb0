#include "include/iris_tensor_resampling.h"

#define IRIS_BODY "tensor_resampling_body.h"
#include "tensor_variants.h"

void iris_tensor_upsample(iris_tensor_element type, const void *x, long depth, long height, long width, long channels,
                          long first_row, long end_row, long stride, void *y, float *scratch) {
    DISPATCH(type, upsample, x, depth, height, width, channels, first_row, end_row, stride, y, scratch)
}

void iris_tensor_upsample_adjoint(iris_tensor_element type, const void *dy, long depth, long height, long width,
                                  long channels, long stride, long first_row, long end_row, void *dx, float *scratch) {
    DISPATCH(type, upsample_adjoint, dy, depth, height, width, channels, stride, first_row, end_row, dx, scratch)
}

void iris_tensor_copy_runs(iris_tensor_element type, const void *from, long from_stride, void *to, long to_stride,
                           long length, long count) {
    long size = type == IRIS_TENSOR_FLOAT32 ? 4 : 2;
    for (long i = 0; i < count; i++)
        memcpy((char *)to + i * to_stride * size, (const char *)from + i * from_stride * size, (size_t)(length * size));
}

// Where fine voxel i falls between coarse voxels: `low` and `low + 1` (kept inside), the latter with weight `upper`.
typedef struct { long low, high; float upper; } taps;

static taps taps_of(long i, long factor, long count) {
    float position = ((float)i + 0.5f) / (float)factor - 0.5f;
    if (position < 0) position = 0;
    taps t = {(long)position, 0, 0};
    t.upper = position - (float)t.low;
    t.high = t.low + 1 < count ? t.low + 1 : t.low;
    return t;
}

static float weight_on(taps t, long coarse) {
    return (t.low == coarse ? 1 - t.upper : 0) + (t.high == coarse ? t.upper : 0);
}

void iris_tensor_mask_adjoint(const float *mask, long depth, long height, long width, long factor_z, long factor_y,
                              long factor_x, long plane, float *table, float *scratch) {
    long rows = height / factor_y, columns = width / factor_x, planes = depth / factor_z;
    memset(scratch, 0, (size_t)(rows * width) * sizeof(float));
    memset(table, 0, (size_t)(rows * columns) * sizeof(float));
    // Only fine planes within one coarse step reach this coarse plane.
    long first = (plane - 1) * factor_z, end = (plane + 2) * factor_z;
    first = first < 0 ? 0 : first;
    end = end > depth ? depth : end;
    for (long z = first; z < end; z++) {
        float wz = weight_on(taps_of(z, factor_z, planes), plane);
        if (wz == 0) continue;
        for (long y = 0; y < height; y++) {
            const float *row = mask + (z * height + y) * width;
            taps ty = taps_of(y, factor_y, rows);
            float *low = scratch + ty.low * width, *high = scratch + ty.high * width;
            float wl = wz * (1 - ty.upper), wh = wz * ty.upper;
            for (long x = 0; x < width; x++) low[x] += wl * row[x];
            if (wh != 0)
                for (long x = 0; x < width; x++) high[x] += wh * row[x];
        }
    }
    for (long x = 0; x < width; x++) {
        taps tx = taps_of(x, factor_x, columns);
        for (long y = 0; y < rows; y++) {
            float value = scratch[y * width + x];
            table[y * columns + tx.low] += (1 - tx.upper) * value;
            table[y * columns + tx.high] += tx.upper * value;
        }
    }
}

void iris_tensor_block_means(const float *x, long depth, long height, long width, long factor_z, long factor_y,
                             long factor_x, long plane, float *means, float *scratch) {
    (void)depth;
    long rows = height / factor_y, columns = width / factor_x;
    float scale = 1.0f / (float)(factor_z * factor_y * factor_x);
    for (long r = 0; r < rows; r++) {
        memset(scratch, 0, (size_t)width * sizeof(float));
        for (long z = plane * factor_z; z < (plane + 1) * factor_z; z++)
            for (long y = r * factor_y; y < (r + 1) * factor_y; y++) {
                const float *row = x + (z * height + y) * width;
                for (long i = 0; i < width; i++) scratch[i] += row[i];
            }
        for (long c = 0; c < columns; c++) {
            float sum = 0;
            for (long i = 0; i < factor_x; i++) sum += scratch[c * factor_x + i];
            means[r * columns + c] = sum * scale;
        }
    }
}
