// Compiles the body of tensor_variants.h for the instruction set that VARIANT_NAME names: for float and, unless
// IRIS_FLOAT_ONLY, for bfloat16.
#define ELEMENT_NAME f32
#define ELEMENT float
#define ELEMENT_IS_FLOAT 1
#include "tensor_vector.h"
#include IRIS_BODY
#undef ELEMENT_NAME
#undef ELEMENT
#undef ELEMENT_IS_FLOAT
#ifndef IRIS_FLOAT_ONLY
#define ELEMENT_NAME bf16
#define ELEMENT uint16_t
#define ELEMENT_IS_FLOAT 0
#include "tensor_vector.h"
#include IRIS_BODY
#undef ELEMENT_NAME
#undef ELEMENT
#undef ELEMENT_IS_FLOAT
#endif
