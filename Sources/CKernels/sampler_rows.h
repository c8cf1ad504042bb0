// The last passes of axis-aligned sampling in plain C.
#ifndef IRIS_SAMPLER_ROWS_H
#define IRIS_SAMPLER_ROWS_H

#include "sampler_internal.h"

static inline void resample_row_plainly(
    const sampler_job *job, const float *a, const float *b, float weight, int32_t width, float *out) {
    float *row = job->row;
    for (int32_t x = 0; x < width; x++) row[x] = a[x] + weight * (b[x] - a[x]);
    const int32_t *first = job->axis_first[0];
    const float *fraction = job->axis_fraction[0];
    for (int32_t i = 0; i < job->geometry->shape[0]; i++) {
        float v = row[first[i]], w = row[first[i] + 1];
        out[i] = v + fraction[i] * (w - v);
    }
}

static inline void pick_labels_plainly(const sampler_job *job, int32_t first, int32_t end, uint8_t *out) {
    const int32_t *nearest = job->axis_nearest[0];
    for (int32_t i = first; i < end; i++) out[i] = (uint8_t)job->label_row[nearest[i]];
}

#endif
