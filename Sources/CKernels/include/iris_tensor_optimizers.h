#ifndef IRIS_TENSOR_OPTIMIZERS_H
#define IRIS_TENSOR_OPTIMIZERS_H

// One step of an optimiser on a run of `count` parameters w with gradients g and moments m, v, all read and written
// once. With G = gradient_scale * g:  m = beta1 m + (1 - beta1) G,  v = beta2 v + (1 - beta2) G^2,
// r = (m * bias1) / (sqrt(v * bias2) + epsilon), where bias1 = 1 / (1 - beta1^t) and bias2 = 1 / (1 - beta2^t).
typedef struct iris_moments {
    float beta1, beta2, bias1, bias2, epsilon, gradient_scale;
} iris_moments;

// AdamW: w = w - rate * (r + decay * w).
void iris_tensor_adamw(iris_moments settings, float rate, float decay, long count, const float *g, float *m, float *v,
                       float *w);

// LAMB, first half: u = r + decay * w takes the place of g; norms[0] += sum of w^2, norms[1] += sum of u^2.
void iris_tensor_lamb_direction(iris_moments settings, float decay, long count, float *g, float *m, float *v,
                                const float *w, double *norms);

// average = decay * average + (1 - decay) * w.
void iris_tensor_moving_average(float decay, const float *w, long count, float *average);

#endif
