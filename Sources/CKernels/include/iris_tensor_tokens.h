#ifndef IRIS_TENSOR_TOKENS_H
#define IRIS_TENSOR_TOKENS_H

// Row kernels of the attention layers; float32, rows of `width` values side by side.

// y = (x - mean) * reciprocal * gain + bias per row, with reciprocal = 1 / sqrt(variance + epsilon) and the variance
// that divides by width. Writes each row's mean and reciprocal to statistics[2 row], statistics[2 row + 1].
void iris_tensor_layer_norm(const float *x, const float *gain, const float *bias, float epsilon, long rows, long width,
                            float *y, float *statistics);

// dx for the above; adds to dgain[width] and dbias[width].
void iris_tensor_layer_norm_gradient(const float *dy, const float *x, const float *gain, const float *statistics,
                                     long rows, long width, float *dx, float *dgain, float *dbias);

// Each row of scores becomes softmax(scale * score) over the keys with present[key] != 0, and exactly 0 on the others;
// a row without any present key becomes 0. `present` NULL means all.
void iris_tensor_softmax(float *scores, const unsigned char *present, float scale, long rows, long width);

// dp becomes the gradient by the unscaled scores: scale * p * (dp - sum(p * dp)).
void iris_tensor_softmax_gradient(const float *p, float *dp, float scale, long rows, long width);

// y = x / (1 + exp(-2 u)), u = sqrt(2/pi) (x + 0.044715 x^3): GELU in its tanh form.
void iris_tensor_gelu(const float *x, long count, float *y);
// dx = dy * dGELU/dx.
void iris_tensor_gelu_gradient(const float *dy, const float *x, long count, float *dx);

// Every row of y becomes `row`.
void iris_tensor_fill_rows(const float *row, long rows, long width, float *y);
// sums[i] += sum over rows of x[row][i], for rows `stride` values apart.
void iris_tensor_column_sums(const float *x, long rows, long stride, long width, float *sums);

#endif
