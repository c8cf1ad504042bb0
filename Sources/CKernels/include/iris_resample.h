// Resampling along one axis at a time: lines of voxels are read at places between their centres.
//
// Formulas, for a line s[0..n-1] sampled at place p with f = floor(p), t = p - f:
//   pick    s[source of the output], no arithmetic
//   linear  (1-t) s[f] + t s[f+1], with s held constant beyond its ends
//   spline  sum over m = -1..2 of beta3(t - m) c[f+m], where c are the cubic B-spline coefficients of s mirrored about
//           its first and last centres (period 2(n-1)), so that the curve passes through every sample.
//           c follows from two recursions with the pole z = sqrt(3) - 2 (Unser, Aldroubi, Eden 1993):
//           forward  p[k] = s[k] + z p[k-1],  backward  c[k] = z (c[k+1] - p[k]),  and a gain of 6, part of the weights.
//           Both recursions forget: 16 steps divide what came before by 10^9, less than a float can tell. So they start
//           16 voxels outside of what is needed and run over pieces that stay in the first-level cache.
#ifndef IRIS_RESAMPLE_H
#define IRIS_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

typedef enum iris_sample_type { IRIS_SAMPLE_INT16 = 0, IRIS_SAMPLE_FLOAT = 1 } iris_sample_type;

typedef enum iris_interpolation { IRIS_PICK = 0, IRIS_LINEAR = 1, IRIS_SPLINE = 2 } iris_interpolation;

// The extended indices that the kernels may read before the first output's first tap and after the last output's.
enum { IRIS_TAP_REACH_BEFORE = 32, IRIS_TAP_REACH_AFTER = 48 };

// How the outputs along one axis follow from the inputs. "Extended" indices continue the line beyond both ends.
typedef struct iris_resample_axis {
    iris_interpolation interpolation;
    ptrdiff_t count;         // outputs
    const int32_t *first;    // count: extended index of the first tap (pick: the only one), never decreasing
    const float *weights;    // count rows of 4: linear uses the first two, spline all four (gain of 6 included), pick none
    const int32_t *source;   // input index of extended index e at source[e - start]
    // source covers first[0] - IRIS_TAP_REACH_BEFORE to first[count-1] + IRIS_TAP_REACH_AFTER; pick has none.
    int32_t start;
} iris_resample_axis;

// How a float becomes an int16: clamp(round_half_even(value * scale + offset), low, high). |value * scale + offset| must
// stay below 2^22 before clamping or be clamped by low and high, which lie within -32768...32767.
typedef struct iris_quantisation {
    float scale, offset, low, high;
} iris_quantisation;

// Resamples along the rows' own direction across `columns` neighbouring lines: output row o is a combination of input rows.
// Strides count elements between rows. `quantisation` is read only for int16 output. Input and output must not overlap.
void iris_resample_columns(const void *input, iris_sample_type input_type, ptrdiff_t input_stride, ptrdiff_t columns,
                           const iris_resample_axis *axis, void *output, iris_sample_type output_type,
                           ptrdiff_t output_stride, const iris_quantisation *quantisation);

// Resamples each of `rows` rows by itself: output element o of a row is a combination of that row's input elements.
void iris_resample_rows(const void *input, iris_sample_type input_type, ptrdiff_t input_stride, ptrdiff_t rows,
                        const iris_resample_axis *axis, void *output, iris_sample_type output_type,
                        ptrdiff_t output_stride, const iris_quantisation *quantisation);

// output[o] = input[index[o]] for one row of labels.
void iris_pick_labels(const uint8_t *input, const int32_t *index, ptrdiff_t count, uint8_t *output);

// output[n] = clamp(round_half_even(input[n] * scale + offset), low, high).
void iris_quantise(const float *input, ptrdiff_t count, const iris_quantisation *quantisation, int16_t *output);

#endif
