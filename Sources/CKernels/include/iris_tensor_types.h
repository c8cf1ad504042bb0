#ifndef IRIS_TENSOR_TYPES_H
#define IRIS_TENSOR_TYPES_H

// Element types of activations. Arithmetic is float32 in both; bfloat16 is stored rounded to nearest, ties to even.
typedef enum iris_element_type { IRIS_FLOAT32 = 0, IRIS_BFLOAT16 = 1 } iris_element_type;

#endif
