#include "include/iris_tensor_loss.h"

#define IRIS_FLOAT_ONLY
#define IRIS_BODY "tensor_loss_body.h"
#include "tensor_variants.h"

void iris_tensor_dice_cross_entropy_sums(const float *logits, const float *targets, long count, double *sums) {
    DISPATCH_FLOAT(dice_cross_entropy_sums, logits, targets, count, sums)
}

void iris_tensor_dice_cross_entropy_gradient(const float *logits, const float *targets, long count, float cross_entropy,
                                             float dice_constant, float dice_target, float *dx) {
    DISPATCH_FLOAT(dice_cross_entropy_gradient, logits, targets, count, cross_entropy, dice_constant, dice_target, dx)
}
