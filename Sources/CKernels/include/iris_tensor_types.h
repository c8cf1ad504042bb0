#ifndef IRIS_TENSOR_TYPES_H
#define IRIS_TENSOR_TYPES_H

// Element types of activations. Arithmetic is float32 in both; bfloat16 is stored rounded to nearest, ties to even.
typedef enum iris_tensor_element { IRIS_TENSOR_FLOAT32 = 0, IRIS_TENSOR_BFLOAT16 = 1 } iris_tensor_element;

#endif
