#include "include/iris_tensor_pointwise.h"

#define IRIS_BODY "tensor_pointwise_body.h"
#include "tensor_variants.h"

void iris_tensor_add(iris_tensor_element type, const void *a, const void *b, long count, void *y) {
    DISPATCH(type, add, a, b, count, y)
}

void iris_tensor_add_scaled(float factor, const float *x, long count, float *y) {
    DISPATCH_FLOAT(add_scaled, factor, x, count, y)
}

void iris_tensor_scale(float factor, const float *x, long count, float *y) { DISPATCH_FLOAT(scale, factor, x, count, y) }

void iris_tensor_to_bfloat16(const float *x, long count, void *y) { DISPATCH_BFLOAT(to_bfloat16, x, count, y) }

void iris_tensor_from_bfloat16(const void *x, long count, float *y) { DISPATCH_BFLOAT(from_bfloat16, x, count, y) }

double iris_tensor_sum(const float *x, long count) {
    double result = 0;
    DISPATCH_FLOAT(sum, x, count, &result)
    return result;
}

double iris_tensor_sum_of_squares(const float *x, long count) {
    double result = 0;
    DISPATCH_FLOAT(sum_of_squares, x, count, &result)
    return result;
}
