#include <math.h>
#include <string.h>

#include "iris_audit.h"
#include "iris_instruction_set.h"

enum { PROBES = 3, MOST_CELLS = 512 };

// The places that a cell's average looks at along one axis, `most` at most.
static int probes(int64_t size, int64_t cells, int most, int64_t *places) {
    int64_t voxels = size / cells;
    int per_cell = voxels < 1 ? 1 : voxels > most ? most : (int)voxels;
    for (int64_t cell = 0; cell < cells; cell++)
        for (int p = 0; p < per_cell; p++)
            places[cell * per_cell + p] = (int64_t)(((double)cell + (p + 0.5) / per_cell) * (double)size / (double)cells);
    return per_cell;
}

// SUM is the type that a cell's probes are added in: exact and quick for narrow integers, of which there are 27 at most.
// All rows of a row of cells are walked together, so that the places along i are looked up once for them.
#define CELL_ROW(SUM, VALUE, PER_ROW, ROWS)                                                                            \
    for (int64_t i = 0; i < size[0]; i++) {                                                                            \
        SUM sum = 0;                                                                                                   \
        for (int p = 0; p < (PER_ROW); p++) {                                                                          \
            int64_t at = at_i[(PER_ROW) * i + p];                                                                      \
            for (int r = 0; r < (ROWS); r++) sum += (SUM)VALUE(rows[r][at]);                                           \
        }                                                                                                              \
        out[i] = (float)sum * scale;                                                                                   \
    }
#define CELL_MEANS(TYPE, SUM, VALUE)                                                                                   \
    do {                                                                                                               \
        int count = pj * pk;                                                                                           \
        for (int64_t k = 0; k < size[2]; k++)                                                                          \
            for (int64_t j = 0; j < size[1]; j++) {                                                                    \
                const TYPE *rows[PROBES * PROBES];                                                                     \
                float *out = cells + (k * size[1] + j) * size[0];                                                      \
                for (int r = 0; r < count; r++)                                                                        \
                    rows[r] = (const TYPE *)voxels +                                                                   \
                              (at_k[k * pk + r / pj] * shape[1] + at_j[j * pj + r % pj]) * shape[0];                   \
                if (pi == 2 && count == 4) CELL_ROW(SUM, VALUE, 2, 4)                                                  \
                else if (pi == 3 && count == 9) CELL_ROW(SUM, VALUE, 3, 9)                                             \
                else CELL_ROW(SUM, VALUE, pi, count)                                                                   \
            }                                                                                                          \
    } while (0)
#define WHOLE(v) (v)
#define FINITE(v) (isfinite((float)(v)) ? (float)(v) : 0.0f)

void iris_cell_means(const void *voxels, iris_scalar type, const int64_t shape[3], const int64_t size[3], int most,
                     float *cells) {
    int64_t at_i[MOST_CELLS * PROBES], at_j[MOST_CELLS * PROBES], at_k[MOST_CELLS * PROBES];
    most = most < 1 ? 1 : most > PROBES ? PROBES : most;
    int pi = probes(shape[0], size[0], most, at_i), pj = probes(shape[1], size[1], most, at_j);
    int pk = probes(shape[2], size[2], most, at_k);
    float scale = 1.0f / (float)(pi * pj * pk);
    switch (type) {
    case IRIS_UINT8: CELL_MEANS(uint8_t, int32_t, WHOLE); break;
    case IRIS_INT8: CELL_MEANS(int8_t, int32_t, WHOLE); break;
    case IRIS_UINT16: CELL_MEANS(uint16_t, int32_t, WHOLE); break;
    case IRIS_INT16: CELL_MEANS(int16_t, int32_t, WHOLE); break;
    case IRIS_UINT32: CELL_MEANS(uint32_t, float, WHOLE); break;
    case IRIS_INT32: CELL_MEANS(int32_t, float, WHOLE); break;
    case IRIS_UINT64: CELL_MEANS(uint64_t, float, WHOLE); break;
    case IRIS_INT64: CELL_MEANS(int64_t, float, WHOLE); break;
    case IRIS_FLOAT32: CELL_MEANS(float, float, FINITE); break;
    case IRIS_FLOAT64: CELL_MEANS(double, float, FINITE); break;
    }
}

// The mean of five neighbours along one axis, for lines of `side` cells that lie `stride` apart.
static void box_mean(const float *from, float *to, int side, int stride) {
    for (int n = 0; n < side; n++) {
        int low = n < 2 ? 0 : n - 2, high = n + 2 < side ? n + 2 : side - 1;
        float sum = 0;
        for (int m = low; m <= high; m++) sum += from[m * stride];
        to[n * stride] = sum / (float)(high - low + 1);
    }
}

int iris_detail_picture(float *cells, int side) {
    int count = side * side * side;
    float a[32 * 32 * 32], b[32 * 32 * 32];
    for (int n = 0; n < side * side; n++) box_mean(cells + n * side, a + n * side, side, 1);
    for (int k = 0; k < side; k++)
        for (int i = 0; i < side; i++) box_mean(a + k * side * side + i, b + k * side * side + i, side, side);
    for (int n = 0; n < side * side; n++) box_mean(b + n, a + n, side, side * side);
    double sum = 0, squares = 0, all = 0;
    for (int n = 0; n < count; n++) {
        b[n] = cells[n] - a[n];
        sum += b[n];
        all += (double)cells[n] * cells[n];
    }
    double mean = sum / count;
    for (int n = 0; n < count; n++) squares += (b[n] - mean) * (b[n] - mean);
    if (!(squares > 1e-12 * all)) return 0;
    double scale = 1 / sqrt(squares);
    for (int n = 0; n < count; n++) cells[n] = (float)((b[n] - mean) * scale);
    return 1;
}
