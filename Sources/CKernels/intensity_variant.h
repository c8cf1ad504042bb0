// One variant of all intensity kernels: included once per instruction set, inside its target attribute, with VARIANT(name)
// giving the exported names.
#include "intensity_pointwise.h"
#include "noise_body.h"
#include "blur_body.h"
#include "low_resolution_body.h"

void VARIANT(iris_statistics)(const float *x, size_t count, iris_intensity_statistics *out) { statistics_of(x, count, out); }

void VARIANT(iris_pointwise)(float *x, size_t count, const iris_pointwise *map, iris_intensity_statistics *after) {
    apply_pointwise(x, count, map, after);
}

void VARIANT(iris_gamma)(
    float *x, size_t count, const iris_pointwise *map, float minimum, float maximum, float exponent, bool inverted,
    iris_intensity_statistics *before, iris_intensity_statistics *after) {
    apply_gamma(x, count, map, minimum, maximum, exponent, inverted, before, after);
}

void VARIANT(iris_bias)(
    float *x, const int32_t shape[3], const iris_pointwise *map, const double coefficients[20], float pivot) {
    apply_bias_field(x, shape, map, coefficients, pivot);
}

void VARIANT(iris_gaussian)(float *x, size_t count, const iris_pointwise *map, float sigma, uint64_t key) {
    add_gaussian(x, 0, count, map, sigma, key);
}

void VARIANT(iris_rician)(float *x, size_t count, const iris_pointwise *map, float sigma, float floor, uint64_t key) {
    add_rician(x, count, map, sigma, floor, key);
}

void VARIANT(iris_blur)(const blur_job *job) { blur(job); }

void VARIANT(iris_low_resolution)(
    float *x, const int32_t shape[3], const iris_pointwise *map, const int32_t coarse[3], void *workspace) {
    lower_resolution(x, shape, map, coarse, workspace);
}
