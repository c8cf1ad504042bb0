// Chooses the variant of each intensity kernel, prepares the blur's weights, and holds the kernels that need no variants.
#include "intensity_internal.h"
#include "iris_instruction_set.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#define DISPATCH(name, ...)                                                                                               \
    switch (iris_instruction_set_in_use()) {                                                                              \
        case IRIS_AVX512: name##_avx512(__VA_ARGS__); break;                                                              \
        case IRIS_AVX2: name##_avx2(__VA_ARGS__); break;                                                                  \
        default: name##_portable(__VA_ARGS__);                                                                            \
    }
#else
#define DISPATCH(name, ...) name##_portable(__VA_ARGS__);
#endif

void iris_intensity_statistics_of(const float *x, size_t count, iris_intensity_statistics *statistics) {
    DISPATCH(iris_statistics, x, count, statistics)
}

void iris_apply_pointwise(float *x, size_t count, const iris_pointwise *map, iris_intensity_statistics *after) {
    DISPATCH(iris_pointwise, x, count, map, after)
}

void iris_apply_gamma(
    float *x, size_t count, const iris_pointwise *map, float minimum, float maximum, float exponent, bool inverted,
    iris_intensity_statistics *before, iris_intensity_statistics *after) {
    DISPATCH(iris_gamma, x, count, map, minimum, maximum, exponent, inverted, before, after)
}

void iris_apply_bias_field(
    float *x, const int32_t shape[3], const iris_pointwise *map, const double coefficients[20], float pivot) {
    DISPATCH(iris_bias, x, shape, map, coefficients, pivot)
}

void iris_add_gaussian_noise(float *x, size_t count, const iris_pointwise *map, float sigma, uint64_t key) {
    DISPATCH(iris_gaussian, x, count, map, sigma, key)
}

void iris_add_rician_noise(float *x, size_t count, const iris_pointwise *map, float sigma, float floor, uint64_t key) {
    DISPATCH(iris_rician, x, count, map, sigma, floor, key)
}

static int32_t blur_radius(double deviation) {
    double radius = floor(4 * deviation + 0.5);
    return radius < BLUR_RADIUS_LIMIT ? (int32_t)radius : BLUR_RADIUS_LIMIT;
}

// The floats between planes of the ring. Five lines more than a plane, or else planes of 64 KB would all compete for the same
// few places of the first-level cache.
static size_t ring_stride(const int32_t shape[3]) {
    return ((size_t)shape[0] + 15) / 16 * 16 * (size_t)shape[1] + 5 * 16;
}

size_t iris_blur_workspace(const int32_t shape[3], const double deviation[3]) {
    size_t planes = BLUR_BLOCK + 2 * (size_t)blur_radius(deviation[2]) + 1;
    return sizeof(float) * (planes * ring_stride(shape) + (size_t)shape[0] + 16 + 2 * BLUR_RADIUS_LIMIT);
}

void iris_blur(
    float *x, const int32_t shape[3], const iris_pointwise *map, const double deviation[3], float keep, float blend,
    float sigma, uint64_t key, void *workspace) {
    blur_job job = {
        .x = x, .shape = shape, .add = (keep + blend) * map->add, .keep = keep * map->multiply, .sigma = sigma, .key = key,
        .stride = ring_stride(shape)};
    for (int a = 0; a < 3; a++) {
        blur_axis *axis = &job.axes[a];
        axis->radius = blur_radius(deviation[a]);
        double weights[BLUR_RADIUS_LIMIT + 1] = {1}, sum = 1;
        for (int r = 1; r <= axis->radius; r++) {
            weights[r] = exp(-0.5 * r * r / (deviation[a] * deviation[a]));
            sum += 2 * weights[r];
        }
        double factor = a == 2 ? blend * map->multiply : 1;
        for (int r = 0; r <= axis->radius; r++) axis->weights[r] = (float)(weights[r] / sum * factor);
    }
    size_t slots = BLUR_BLOCK + 2 * (size_t)job.axes[2].radius;
    job.ring = workspace;
    job.plane = job.ring + slots * job.stride;
    job.row = job.plane + job.stride;
    DISPATCH(iris_blur, &job)
}

size_t iris_low_resolution_workspace(const int32_t shape[3], const int32_t coarse[3]) {
    size_t bytes = 0;
    for (int a = 0; a < 3; a++) bytes += 3 * (((size_t)shape[a] * 4 + 63) & ~(size_t)63);
    size_t width = ((size_t)coarse[0] + 1 + 15) / 16 * 16 + 16;
    return bytes + sizeof(float) * (width * (size_t)coarse[1] * ((size_t)coarse[2] + 1) + width + 32);
}

void iris_lower_resolution(
    float *x, const int32_t shape[3], const iris_pointwise *map, const int32_t coarse[3], void *workspace) {
    DISPATCH(iris_low_resolution, x, shape, map, coarse, workspace)
}

void iris_fill_box(float *x, const int32_t shape[3], const int32_t lower[3], const int32_t upper[3], float value) {
    int32_t first[3], end[3];
    for (int a = 0; a < 3; a++) {
        first[a] = lower[a] > 0 ? lower[a] : 0;
        end[a] = upper[a] < shape[a] ? upper[a] : shape[a];
    }
    for (int32_t k = first[2]; k < end[2]; k++)
        for (int32_t j = first[1]; j < end[1]; j++)
            for (int32_t i = first[0]; i < end[0]; i++) x[i + (size_t)shape[0] * (j + (size_t)shape[1] * k)] = value;
}
