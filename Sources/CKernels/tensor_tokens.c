#include "include/iris_tensor_tokens.h"

#define IRIS_FLOAT_ONLY
#define IRIS_BODY "tensor_tokens_body.h"
#include "tensor_variants.h"

void iris_tensor_layer_norm(const float *x, const float *gain, const float *bias, float epsilon, long rows, long width,
                            float *y, float *statistics) {
    DISPATCH_FLOAT(layer_norm, x, gain, bias, epsilon, rows, width, y, statistics)
}

void iris_tensor_layer_norm_gradient(const float *dy, const float *x, const float *gain, const float *statistics,
                                     long rows, long width, float *dx, float *dgain, float *dbias) {
    DISPATCH_FLOAT(layer_norm_gradient, dy, x, gain, statistics, rows, width, dx, dgain, dbias)
}

void iris_tensor_softmax(float *scores, const unsigned char *present, float scale, long rows, long width) {
    DISPATCH_FLOAT(softmax, scores, present, scale, rows, width)
}

void iris_tensor_softmax_gradient(const float *p, float *dp, float scale, long rows, long width) {
    DISPATCH_FLOAT(softmax_gradient, p, dp, scale, rows, width)
}

void iris_tensor_gelu(const float *x, long count, float *y) { DISPATCH_FLOAT(gelu, x, count, y) }

void iris_tensor_gelu_gradient(const float *dy, const float *x, long count, float *dx) {
    DISPATCH_FLOAT(gelu_gradient, dy, x, count, dx)
}

void iris_tensor_fill_rows(const float *row, long rows, long width, float *y) {
    DISPATCH_FLOAT(fill_rows, row, rows, width, y)
}

void iris_tensor_column_sums(const float *x, long rows, long stride, long width, float *sums) {
    DISPATCH_FLOAT(column_sums, x, rows, stride, width, sums)
}
