#ifndef IRIS_INTENSITY_H
#define IRIS_INTENSITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Changes of a patch's intensities, in place. Voxels are float32, i fastest. Every kernel first takes a voxel x to
//
//     y = min(max(x * multiply + add, lower), upper)
//
// so that steps which are affine for given statistics (brightness, contrast, the end of gamma) cost no pass of their own.
//
// Sums, noise and powers are computed in the same order with the same roundings on every instruction set.
typedef struct iris_pointwise {
    float multiply, add, lower, upper;
} iris_pointwise;

// Sums are accumulated in single precision over at most 4096 voxels and in double precision beyond.
typedef struct iris_intensity_statistics {
    double sum, sum_of_squares;
    float minimum, maximum;
} iris_intensity_statistics;

// The statistics of x. Writes nothing.
void iris_intensity_statistics_of(const float *x, size_t count, iris_intensity_statistics *statistics);

// x becomes y; `after`, where not null, receives the statistics of y.
void iris_apply_pointwise(float *x, size_t count, const iris_pointwise *map, iris_intensity_statistics *after);

// Gamma: x becomes ((y - minimum) / range)^exponent * range + minimum, or, inverted,
// maximum - range * ((maximum - y) / range)^exponent, with range = maximum - minimum > 0 the extremes of y.
// The statistics of y and of the result come with it.
void iris_apply_gamma(
    float *x, size_t count, const iris_pointwise *map, float minimum, float maximum, float exponent, bool inverted,
    iris_intensity_statistics *before, iris_intensity_statistics *after);

// Bias field: x becomes (y - pivot) * exp(P(u, v, w)) + pivot with P the sum of c u^a v^b w^c over a + b + c <= 3 and u, v,
// w in [-1, 1] along i, j, k (0 where an axis has one voxel); coefficients with a slowest and c fastest.
void iris_apply_bias_field(
    float *x, const int32_t shape[3], const iris_pointwise *map, const double coefficients[20], float pivot);

// Gaussian noise: x becomes y + sigma * N.
//
// N of voxel v: Philox4x32-10 under `key` at counter (16 (v / 64) + v mod 16, 0, 0, 0) gives four words. Words 0 and 1 make
// two normals, words 2 and 3 two more; voxel v takes number (v / 16) mod 4 of the four. Of words a and b:
//     r = sqrt(-2 ln((a / 2^8 + 1) / 2^24)), with the sign of b's bit 30 and p = pi / 2 (b mod 2^30 - 2^29) / 2^30,
//     the pair is r cos p, r sin p, exchanged when b's bit 31 is set.
void iris_add_gaussian_noise(float *x, size_t count, const iris_pointwise *map, float sigma, uint64_t key);

// Rician noise: x becomes sqrt((y - floor + sigma N)^2 + (sigma M)^2) + floor; N as above, M likewise with counter
// (16 (v / 64) + v mod 16, 1, 0, 0).
void iris_add_rician_noise(float *x, size_t count, const iris_pointwise *map, float sigma, float floor, uint64_t key);

// Blur: x becomes keep * y + blend * G(y) + sigma * N, with G the convolution with Gaussian weights of deviation
// deviation[a] voxels along axis a, cut at round(4 deviation) voxels, normalised, edges repeated. sigma 0 adds no noise.
// The map must not clamp (lower and upper infinite). `workspace` is 64-byte aligned.
size_t iris_blur_workspace(const int32_t shape[3], const double deviation[3]);
void iris_blur(
    float *x, const int32_t shape[3], const iris_pointwise *map, const double deviation[3], float keep, float blend,
    float sigma, uint64_t key, void *workspace);

// Low resolution: nearest neighbour down to coarse[a] voxels along axis a (voxel floor((n + 1/2) shape / coarse)), then
// linear back at (n + 1/2) coarse / shape - 1/2, ends repeated. `workspace` is 64-byte aligned.
size_t iris_low_resolution_workspace(const int32_t shape[3], const int32_t coarse[3]);
void iris_lower_resolution(
    float *x, const int32_t shape[3], const iris_pointwise *map, const int32_t coarse[3], void *workspace);

// Cut-out: x becomes value in the box lower..<upper, clipped to the patch.
void iris_fill_box(float *x, const int32_t shape[3], const int32_t lower[3], const int32_t upper[3], float value);

#endif
