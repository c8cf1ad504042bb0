#ifndef IRIS_TENSOR_LOSS_H
#define IRIS_TENSOR_LOSS_H

// Soft Dice plus binary cross-entropy of one class map: `count` logits x and targets t in [0, 1], p = 1 / (1 + exp(-x)).

// sums[0] += sum of p t, sums[1] += sum of p, sums[2] += sum of t, sums[3] += sum of max(x, 0) - x t + ln(1 + exp(-|x|)).
void iris_tensor_dice_cross_entropy_sums(const float *logits, const float *targets, long count, double *sums);

// dx = cross_entropy * (p - t) + (dice_constant + dice_target * t) * p (1 - p).
void iris_tensor_dice_cross_entropy_gradient(const float *logits, const float *targets, long count, float cross_entropy,
                                             float dice_constant, float dice_target, float *dx);

#endif
