#include "include/iris_tensor_optimizers.h"

#define IRIS_FLOAT_ONLY
#define IRIS_BODY "tensor_optimizers_body.h"
#include "tensor_variants.h"

void iris_tensor_adamw(iris_moments settings, float rate, float decay, long count, const float *g, float *m, float *v,
                       float *w) {
    DISPATCH_FLOAT(adamw, settings, rate, decay, count, g, m, v, w)
}

void iris_tensor_lamb_direction(iris_moments settings, float decay, long count, float *g, float *m, float *v,
                                const float *w, double *norms) {
    DISPATCH_FLOAT(lamb_direction, settings, decay, count, g, m, v, w, norms)
}

void iris_tensor_moving_average(float decay, const float *w, long count, float *average) {
    DISPATCH_FLOAT(moving_average, decay, w, count, average)
}
